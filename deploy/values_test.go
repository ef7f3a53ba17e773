package deploy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/cli/values"
	helmgetter "helm.sh/helm/v3/pkg/getter"
)

// What helm makes of --values, --set-json and --set-file is what devloop makes of
// the same.
func TestValuesAreHelms(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	valuesFile := file("values.yaml", "app: {config: from values, other: 1}\nlist: [a, b]\n")
	text := file("with, comma=and space.ini", "[a]\nk = v, w\n\ttab: {x}\n")
	empty := file("empty", "")
	rel := Release{Name: "r", Values: []string{valuesFile}, Set: map[string]any{"app.config": "from set", "app.n": 3},
		SetFiles: map[string]string{"app.config": text, "list[1]": empty, `annotations.example\.com/x`: text}}
	got, err := releaseValues(rel, &chart.Chart{})
	if err != nil {
		t.Fatal(err)
	}
	plain := file("plain.ini", "[a]\nk = v, w\n\ttab: {x}\n") // helm's flag has no way to name the other
	helm := values.Options{ValueFiles: []string{valuesFile}, Values: []string{"app.config=from set", "app.n=3"},
		FileValues: []string{"app.config=" + plain, "list[1]=" + empty, `annotations.example\.com/x=` + plain}}
	want, err := helm.MergeValues(helmgetter.Providers{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-helm +devloop):\n%s", diff)
	}
}

func TestASetFileThatIsMissingIsNamed(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone.ini")
	_, err := releaseValues(Release{Name: "r", SetFiles: map[string]string{"a": gone}}, &chart.Chart{})
	var at *RenderError
	if !errors.As(err, &at) || at.File != gone || !strings.Contains(at.Message, "cannot be read") {
		t.Errorf("error %v", err)
	}
}
