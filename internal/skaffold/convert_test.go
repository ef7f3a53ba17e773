package skaffold

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each folder of testdata holds a skaffold.yaml, the devloop.yaml it becomes, and
// what is not carried over.
func TestConvert(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	if err != nil || len(folders) < 12 {
		t.Fatalf("%d folders in testdata (%v)", len(folders), err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			draft, err := Convert(filepath.ToSlash(filepath.Join(folder, "skaffold.yaml")), folder)
			if err != nil {
				t.Fatal(err)
			}
			text := draft.YAML()
			file, err := filepath.Abs(filepath.Join(folder, config.DefaultFile))
			if err != nil {
				t.Fatal(err)
			}
			p, err := config.Parse(file, text)
			if err != nil {
				t.Fatalf("devloop does not read it: %v", err)
			}
			for _, name := range p.ProfileNames() {
				if _, err := config.ParseWith(file, text, config.Choice{Profiles: []string{name}}); err != nil {
					t.Errorf("devloop does not read it with profile %s in force: %v", name, err)
				}
			}
			filetest.Golden(t, *update, filepath.Join(folder, "devloop.yaml"), string(text))
			filetest.Golden(t, *update, filepath.Join(folder, "left.txt"), strings.Join(draft.Left, "\n")+"\n")
		})
	}
}
