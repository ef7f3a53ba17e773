//go:build sandbox

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/tmuxtest"
)

// terminal is a devloop up in a pane of tmux.
type terminal struct {
	*tmuxtest.Pane
	p *project
}

// footer is what is visible from the rule on.
func (d terminal) footer() string {
	d.p.t.Helper()
	text := d.Screen()
	return text[max(0, strings.LastIndex(text, "── "+d.p.namespace)):]
}

// rule waits for a rule that says this, and returns the footer.
func (d terminal) rule(says string) string {
	d.p.t.Helper()
	return d.Until("^── "+d.p.namespace+".* ── "+says, d.footer)
}

// TestUpOnATerminal is a user's session: edits, keys, a mistake, a narrow window.
func TestUpOnATerminal(t *testing.T) {
	p := open(t, "hello")
	p.replace("chart/values.yaml", "replicas: 1", "replicas: 2")
	d := terminal{tmuxtest.New(t, 160, 40), p}
	d.Keys(fmt.Sprintf("stty -g >%s; %s up -f %s; echo code $?; stty -g >%s; echo over", p.path("before"), binary, p.dir, p.path("after")), "Enter")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal:\n%s", d.All())
		}
	})

	d.rule("#1 live since")
	d.Until(`^● release hello +live .* 2/2 `, d.footer)
	d.Until(`^● image   hello +live `, d.footer)

	p.replace("chart/values.yaml", "name: world", "name: moon")
	d.Shows(`^#2 chart/values.yaml -> upgrade hello, `)
	d.rule("#2 live since")
	d.Keys("d")
	d.Shows(`^ +\+ .*moon`)
	d.Keys("t")
	d.Shows(`^  rollout hello .*━`)

	p.replace("chart/templates/deployment.yaml", "{{ .Values.replicas }}", "{{ .Values.replicas.nosuch }}")
	d.rule("#3 failed since")
	d.Until(`^✗ render hello failed.*chart/templates/deployment.yaml:\d+: .*nosuch`, d.footer)
	d.Until(`^✗ release hello +failed `, d.footer)
	p.replace("chart/templates/deployment.yaml", "{{ .Values.replicas.nosuch }}", "{{ .Values.replicas }}")
	if text := d.rule("#4 live since"); strings.Contains(text, "✗") {
		t.Errorf("the error stays after it is mended:\n%s", text)
	}

	d.Keys("p")
	d.rule("#4 paused since")
	p.replace("chart/values.yaml", "name: moon", "name: mars")
	if code, out := p.run("wait"); code != 1 || !strings.Contains(out, "paused") {
		t.Errorf("devloop wait in a pause: %d %s", code, out)
	}
	d.rule("#4 paused since")
	d.Keys("p")
	d.Shows(`^#5 chart/values.yaml -> upgrade hello, `)
	d.rule("#5 live since")
	d.Keys("?")
	d.Shows(`^  r  try again what failed`)

	d.Tmux("resize-window", "-x", "60", "-y", "40")
	d.Until(`^── .{49} \? help$`, d.footer)
	d.Until(`^● release hello +live .* 2/2$`, d.footer)
	if text := d.Screen(); strings.Count(text, "── "+p.namespace) != 1 {
		t.Errorf("not one footer on a narrow terminal:\n%s", text)
	}

	d.Keys("q")
	text := d.Shows(`^over`)
	if !strings.Contains(text, "\ncode 0\n") || strings.Contains(text, "── "+p.namespace) {
		t.Errorf("after q:\n%s", text)
	}
	before, after := read(t, p.path("before")), read(t, p.path("after"))
	if before == "" || before != after {
		t.Errorf("stty before %s and after %s", before, after)
	}
	d.Sane()
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
