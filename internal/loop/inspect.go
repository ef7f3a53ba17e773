package loop

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/deploy"
)

// Inspector tells what the cluster says of a release.
type Inspector interface {
	Standing(ctx context.Context, name, namespace string) (deploy.Standing, error)
}

// answerIn is how long the cluster may take to say how a release stands.
const answerIn = 10 * time.Second

// Inspect adds to each release what the cluster says of it. One that is in line with
// the files and not ready, or not there any more, is not Live, and neither is the
// whole then.
func Inspect(ctx context.Context, cluster Inspector, s *Snapshot) {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	var all sync.WaitGroup
	for i := range s.Releases {
		all.Go(func() { s.Releases[i].inspect(ctx, cluster) })
	}
	all.Wait()
	if s.State != Live {
		return
	}
	for _, worse := range []State{Absent, Unready, Unknown, Failing} {
		if slices.ContainsFunc(s.Releases, func(r ReleaseState) bool { return r.State == worse }) {
			s.State = worse
		}
	}
}

func (r *ReleaseState) inspect(ctx context.Context, cluster Inspector) {
	s, err := cluster.Standing(ctx, r.Name, r.Namespace)
	if err != nil {
		if r.State == Live {
			r.State, r.Error, r.Hint = Unknown, fmt.Sprintf("the cluster cannot be asked: %v", err), "devloop doctor tells more"
		}
		return
	}
	r.Revision, r.Helm, r.Chart, r.Updated = s.Revision, s.State, s.Chart, s.Updated
	r.PodsReady, r.Pods = s.PodsReady, s.Pods
	r.Ready, r.Total, r.Waiting = s.Ready, s.Total, waitingFor(s.Status)
	if r.State != Live {
		return
	}
	switch {
	case s.Revision == 0:
		r.State = Absent
	case s.State == "failed":
		r.State, r.Error, r.Hint = Failing, s.Description, "devloop up tries it again"
	case len(s.Failures) > 0:
		r.State, r.Error = Failing, explain(&deploy.RolloutError{Release: r.Name, Failures: s.Failures})
		r.Hint = "mend the cause and save; devloop logs " + r.Name + " shows more"
	case s.State != "deployed":
		r.State, r.Waiting = Unready, "helm's record says "+s.State
	case s.Ready < s.Total:
		r.State = Unready
	}
}
