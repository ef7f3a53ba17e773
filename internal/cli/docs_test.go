package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestTheDocsNameEveryCommandAndFlag(t *testing.T) {
	data, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(data), "\n## ") {
		title, text, _ := strings.Cut(s, "\n")
		sections[title] = text
	}
	root := newRoot()
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(sections["Flags of every command"], "`--"+f.Name) {
			t.Errorf("docs/commands.md does not tell of --%s", f.Name)
		}
	})
	for _, cmd := range root.Commands() {
		text, ok := sections["devloop "+cmd.Name()]
		if !ok && !cmd.Hidden {
			t.Errorf("docs/commands.md has no section for %s", cmd.Name())
			continue
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "output" && !strings.Contains(text, "`--"+f.Name) {
				t.Errorf("docs/commands.md does not tell of %s --%s", cmd.Name(), f.Name)
			}
		})
	}
}
