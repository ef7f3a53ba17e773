package loop

import (
	"context"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/build/filesync"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/logs"
	"github.com/devloop-dev/devloop/watch"
)

// Watcher reports settled changes of the files below its roots.
type Watcher interface {
	Set(roots []watch.Root) error
	Run(ctx context.Context, out chan<- watch.Change) error
}

// Builder makes images.
type Builder interface {
	Build(ctx context.Context, spec build.Spec, in build.Inputs, progress func(build.Step)) (build.Image, error)
}

// Cluster deploys releases.
type Cluster interface {
	Apply(ctx context.Context, r deploy.Release) (deploy.Result, error)
	Wait(ctx context.Context, res deploy.Result, progress func(deploy.Status)) error
	Workloads(r *deploy.Rendered) []deploy.Workload
	Guard(ctx context.Context, res deploy.Result, mode deploy.DriftMode, told func(deploy.Drift)) error
}

// Follower shows the logs of the selected pods.
type Follower interface {
	Follow(sel []logs.Selector)
}

// Syncer keeps files in running containers.
type Syncer interface {
	Select(ctx context.Context, release string, pods []filesync.Selector) error
	Sync(ctx context.Context, o filesync.Overlay) (filesync.Result, error)
	Touched(image, ref string) []string
	Failures() <-chan filesync.Failure
}

// Forwarder makes services reachable on this machine.
type Forwarder interface {
	Set(targets []forward.Target)
	Check() // the releases are in place: what is forwarded should be there
	States() []forward.State
}

// Backends is what the loop works with once docker and the cluster have been
// reached.
type Backends struct {
	Info      event.Started
	Namespace string       // of releases that name none
	Builder   Builder      // nil when the project has no image
	Refs      Referrer     // nil: bases that change are noticed at the next save
	Target    build.Target // where images must go; nil like Builder
	Cluster   Cluster
	Logs      Follower
	Forward   Forwarder // nil: nothing is forwarded
	Remover   Remover   // nil: nothing is removed
	Inspect   Inspector // nil: Snapshot tells nothing of the cluster
	Sync      Syncer    // nil: images are built, whatever changed
}

// Connect reaches docker and the cluster. The loop calls it in the first
// iteration, and again at later saves for as long as it fails.
type Connect func(ctx context.Context, p *config.Project) (*Backends, error)
