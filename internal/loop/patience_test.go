package loop

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/event"
)

func TestFilesThatChangeWhileTheyAreReadAreReadAgain(t *testing.T) {
	r := newRig(t)
	r.docker.fail = fmt.Errorf("pack: %w", build.ErrInputsChanged)
	r.docker.failures = 2 // and then the files stay as they are
	r.start()
	r.verdict(event.Live)
	r.want(everything)
}

func TestAFileThatIsWrittenAllTheTimeDoesNotKeepTheRestWaiting(t *testing.T) {
	r := newRig(t)
	entered := make(chan string, 100)
	release := make(chan struct{})
	r.docker.hold = until(entered, release)
	r.start()
	<-entered // one of the two images, whose build nobody ends before the last
	for i := range 2 * patientAfter {
		<-entered
		r.save("app/log.txt", fmt.Sprint(i))
		if i == patientAfter {
			close(release) // this time nobody ends them
			break
		}
	}
	r.verdict(event.Live)
	if got := r.deployed("shop"); got != "a: 1\n" {
		t.Errorf("deployed %q", got)
	}
}

// What is carried through reads its files anew when they change as they are packed.
func TestAFileThatIsWrittenAllTheTimeIsReadAnew(t *testing.T) {
	r := newRig(t)
	var iterations, builds, last atomic.Int64
	r.heard = func(e event.Event) {
		if _, is := e.(event.Changed); is {
			iterations.Add(1)
		}
	}
	r.docker.hold = func(_ context.Context, ref string) error {
		if !strings.HasPrefix(ref, "app:") {
			return nil
		}
		n, it := builds.Add(1), iterations.Load()
		if last.Swap(it) == it || n > patientAfter+5 { // the second go of one worker
			return nil
		}
		r.write("app/log.txt", fmt.Sprint(n))
		return fmt.Errorf("pack: %w", build.ErrInputsChanged)
	}
	r.start()
	r.verdict(event.Live)
	if n := builds.Load(); n != patientAfter+2 {
		t.Errorf("%d builds, want %d that were cut and one that read twice", n, patientAfter)
	}
}
