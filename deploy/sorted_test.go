package deploy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// The order of documents is what helm records: it must be helm's, also where parts
// of it are remembered.
func TestFilesAreSortedAsHelmSortsThem(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"Deployment", "Service", "ConfigMap", "Zoo", "Ant", "Namespace", "Job", "Secret"}
	file := func(i int) string {
		var b strings.Builder
		for n := range random.IntN(5) {
			hook := ""
			if random.IntN(4) == 0 {
				hook = fmt.Sprintf("\n  annotations: {helm.sh/hook: %s, helm.sh/hook-weight: \"%d\"}", []string{"pre-install", "post-upgrade,test", "unheard-of"}[random.IntN(3)], random.IntN(3))
			}
			fmt.Fprintf(&b, "---\n# %d\napiVersion: v1\nkind: %s\nmetadata:\n  name: n%d-%d%s\n", n, kinds[random.IntN(len(kinds))], i, n, hook)
		}
		return b.String()
	}
	files := map[string]string{"c/templates/empty.yaml": " \n", "c/templates/_partial.tpl": "not: a manifest"}
	s := newSortedFiles()
	for round := range 30 {
		for range 5 {
			i := random.IntN(12)
			files[fmt.Sprintf("c/templates/%d.yaml", i)] = file(i)
		}
		hooks, manifests, err := s.sort(files)
		if err != nil {
			t.Fatal(err)
		}
		wantHooks, want, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, manifests); diff != "" && len(want)+len(manifests) > 0 {
			t.Fatalf("round %d, manifests (-helm +here):\n%s", round, diff)
		}
		if diff := cmp.Diff(wantHooks, hooks); diff != "" {
			t.Fatalf("round %d, hooks (-helm +here):\n%s", round, diff)
		}
	}
	files["c/templates/bad.yaml"] = "a: [\n"
	_, _, err := s.sort(files)
	_, _, want := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err == nil || want == nil || err.Error() != want.Error() {
		t.Errorf("a file that is no YAML: %v, helm says %v", err, want)
	}
}
