package scaffold

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each folder of testdata is a project of its own shape. Beside it lies the file
// that is written for it without a question, and what is asked and said meanwhile.
func TestLayouts(t *testing.T) {
	readmes, err := filepath.Glob("testdata/*/README")
	if err != nil || len(readmes) < 8 {
		t.Fatalf("%d layouts in testdata (%v)", len(readmes), err)
	}
	for _, readme := range readmes {
		folder := filepath.Dir(readme)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			s, err := Look(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			draft, err := s.Draft(func(q Question) (int, error) {
				fmt.Fprintf(&said, "? %s\n", q.Text)
				for i, o := range q.Options {
					mark := "  "
					if i == q.Likeliest {
						mark = "* "
					}
					fmt.Fprintf(&said, "    %s%s\n", mark, o)
				}
				return q.Likeliest, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range draft.Told {
				fmt.Fprintln(&said, line)
			}
			for _, line := range draft.Left {
				fmt.Fprintln(&said, "left out:", line)
			}
			text := draft.YAML()
			file, err := filepath.Abs(filepath.Join(folder, config.DefaultFile))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := config.Parse(file, text); err != nil {
				t.Errorf("devloop does not read it: %v", err)
			}
			filetest.Golden(t, *update, folder+".devloop.yaml", string(text))
			filetest.Golden(t, *update, folder+".said.txt", said.String())
		})
	}
}
