package loop

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// guardedCluster tells when a Guard begins and ends, and does nothing else.
type guardedCluster struct {
	Cluster
	began, ended chan string
}

func (c *guardedCluster) Guard(ctx context.Context, res deploy.Result, mode deploy.DriftMode, _ func(deploy.Drift)) error {
	what := res.Release + " " + string(mode)
	c.began <- what
	<-ctx.Done()
	c.ended <- what
	return nil
}

// A new value of drift holds for what is guarded already, in place of the old one
// and never beside it.
func TestDriftHoldsAtOnce(t *testing.T) {
	c := &guardedCluster{began: make(chan string, 10), ended: make(chan string, 10)}
	next := func(from <-chan string, want string) {
		t.Helper()
		select {
		case got := <-from:
			if got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		case <-time.After(enough):
			t.Fatalf("no %q", want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group errgroup.Group
	g := newGuards(&group, func(event.Event) {})
	g.hold(ctx, config.DriftCorrect)
	g.start(ctx, c, deploy.Result{Release: "web"})
	next(c.began, "web correct")
	g.hold(ctx, config.DriftCorrect) // nothing new
	g.hold(ctx, config.DriftWarn)
	next(c.ended, "web correct")
	next(c.began, "web warn")
	g.hold(ctx, config.DriftOff)
	next(c.ended, "web warn")
	g.hold(ctx, config.DriftCorrect)
	next(c.began, "web correct")
	g.stop("web")
	next(c.ended, "web correct")
	g.hold(ctx, config.DriftWarn) // guards nothing that was stopped
	g.start(ctx, c, deploy.Result{Release: "web"})
	next(c.began, "web warn")
	cancel()
	next(c.ended, "web warn")
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if len(c.began)+len(c.ended) > 0 {
		t.Errorf("more than that: %d began, %d ended", len(c.began), len(c.ended))
	}
}

// A release that does not render was not written to: what was applied before it
// stays guarded until the file is mended.
func TestWhatDoesNotRenderLeavesTheGuard(t *testing.T) {
	r := newRig(t)
	guarded := func(want int) {
		t.Helper()
		for deadline := time.Now().Add(enough); ; time.Sleep(time.Millisecond) {
			r.cluster.mu.Lock()
			got := r.cluster.guards["base"]
			r.cluster.mu.Unlock()
			if got == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d guards of release base, want %d", got, want)
			}
		}
	}
	fail := func(err error) {
		r.cluster.mu.Lock()
		defer r.cluster.mu.Unlock()
		r.cluster.fail["base"] = err
	}
	r.start()
	r.verdict(event.Live)
	guarded(1)
	fail(&deploy.RenderError{Release: "base", Message: "half saved"})
	r.save("base.yaml", "b: half\n")
	r.verdict(event.Broken, "release base")
	guarded(1)
	fail(errBroken) // of the cluster, halfway
	r.save("base.yaml", "b: refused\n")
	r.verdict(event.Broken, "release base")
	guarded(0)
	fail(nil)
	r.save("base.yaml", "b: mended\n")
	r.verdict(event.Live)
	guarded(1)
}

// onceCluster has an object that drifted.
type onceCluster struct {
	Cluster
	asked []deploy.DriftMode
}

func (c *onceCluster) Guard(_ context.Context, _ deploy.Result, mode deploy.DriftMode, told func(deploy.Drift)) error {
	c.asked = append(c.asked, mode)
	told(deploy.Drift{Object: deploy.Object{Kind: "Service", Name: "web"}, Gone: true})
	return nil
}

// One pass looks at what was there before it, as devloop.yaml has it.
func TestOnePassLooksForDrift(t *testing.T) {
	for name, tt := range map[string]struct {
		drift  string
		action deploy.Action
		want   deploy.DriftMode // empty: not asked
	}{
		"correct":   {config.DriftCorrect, deploy.Unchanged, deploy.DriftCorrect.Once()},
		"warn":      {config.DriftWarn, deploy.Upgraded, deploy.DriftWarn.Once()},
		"off":       {config.DriftOff, deploy.Unchanged, ""},
		"just made": {config.DriftCorrect, deploy.Installed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &onceCluster{}
			told := ""
			emit := func(e event.Event) { told += e.Kind() + " " + e.(event.Drift).Object }
			if err := lookOnce(t.Context(), c, deploy.Result{Release: "web", Action: tt.action}, tt.drift, emit); err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && (len(c.asked) > 0 || told != ""):
				t.Errorf("asked for %v, told %q", c.asked, told)
			case tt.want != "" && (len(c.asked) != 1 || c.asked[0] != tt.want || told != "drift Service/web"):
				t.Errorf("asked for %v, told %q", c.asked, told)
			}
		})
	}
}
