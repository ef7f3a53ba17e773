package loop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

func TestALoopOfItsOwnMakingIsStopped(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	r.work()
	r.cluster.mu.Lock()
	r.cluster.hook = func(release string) { // that writes something new into the values each time
		if release == "base" {
			r.write("base.yaml", fmt.Sprintf("b: %d\n", time.Now().UnixNano()))
		}
	}
	r.cluster.mu.Unlock()
	r.save("base.yaml", "b: 2\n")
	r.verdict(event.Broken, "release base is in a loop: base.yaml was written")
	if n := strings.Count(r.work(), "base"); n < selfCaused || n > selfCaused+3 {
		t.Errorf("applied %d times before that was seen", n)
	}
	r.save("values.yaml", "a: 2\n") // the others go on
	r.verdict(event.Broken, "release base")
	r.want("apply shop")

	r.cluster.mu.Lock()
	r.cluster.hook = nil
	r.cluster.mu.Unlock()
	r.afterRuns("base.yaml", "b: mended\n") // or the save cannot be told from those of the hook
	r.report("base.yaml")
	r.verdict(event.Live)
	r.want("apply base")
}

// A loop in which files come under another name each time, and the old ones go.
func TestALoopOfNewNamesIsStopped(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	n := 0
	r.cluster.mu.Lock()
	r.cluster.hook = func(release string) {
		if release != "base" {
			return
		}
		if err := os.Remove(filepath.Join(r.dir, "base", fmt.Sprint("gen-", n))); err != nil && n > 0 {
			t.Error(err)
		}
		if n++; n < 50 { // it ends, should nobody end it
			r.write(fmt.Sprint("base/gen-", n), "")
		}
	}
	r.cluster.mu.Unlock()
	r.save("base.yaml", "b: 2\n")
	r.verdict(event.Broken, "release base is in a loop: base/gen-")
}

// A loop by way of devloop.yaml.
func TestALoopOfSettingsIsStopped(t *testing.T) {
	r := newRig(t)
	r.start()
	r.verdict(event.Live)
	n := 0
	r.cluster.mu.Lock()
	r.cluster.hook = func(release string) {
		if n++; release == "base" && n < 50 {
			r.save("devloop.yaml", strings.Replace(project, "  base: {", fmt.Sprintf("  base: {set: {n: %d}, ", n), 1))
		}
	}
	r.cluster.mu.Unlock()
	r.save("base.yaml", "b: 2\n")
	r.verdict(event.Broken, "release base is in a loop: devloop.yaml (releases.base)")
}
