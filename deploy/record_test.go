package deploy

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
)

func TestRecordCanBeReadAgain(t *testing.T) {
	noise := make([]byte, 2<<20)
	for i := range noise {
		noise[i] = "abcdefgh"[rand.IntN(8)]
	}
	for name, r := range map[string]*release.Release{
		"whole": {
			Name: "web", Namespace: "ns", Version: 3, Manifest: "---\na: \"<&>\"\n", Config: map[string]any{"a": "1"},
			Info:  &release.Info{Status: release.StatusDeployed, Notes: "n"},
			Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}, Templates: []*chart.File{{Name: "x", Data: []byte("y")}}},
			Hooks: []*release.Hook{{Name: "h", Events: []release.HookEvent{release.HookPostInstall}}},
		},
		"bare":  {Name: "web", Info: &release.Info{}},
		"large": {Name: "web", Info: &release.Info{}, Manifest: string(noise)},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := encodeBody(r)
			if err != nil {
				t.Fatal(err)
			}
			data, err := encodeRecord(r, body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeRecord(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, got, cmp.AllowUnexported(chart.Chart{})); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
		})
	}
}
