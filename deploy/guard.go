package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Guard watches the live objects of an applied release until ctx ends, and puts
// back, or in DriftWarn only tells, what somebody else deletes or edits. What
// drifted before it began is found, too, also for a release that Apply left
// Unchanged. It makes no revision: an object is put back by the three-way patch
// that Helm would send, with the release's manifest as the last and as the new
// one. told is called for each finding, by one goroutine at a time.
//
// No drift are: an object's status; fields that the release does not set; the
// replicas of a workload that a HorizontalPodAutoscaler scales; what Flagger
// owns of a Canary's target, service and routes; a value that the API server
// keeps in another form; a Job with ttlSecondsAfterFinished that is gone.
// Objects with helm.sh/resource-policy: keep are guarded like others, hooks are
// not. Each kind and namespace costs one watch, and nothing is kept of what it
// shows.
//
// A field that was put back three times within a minute and differs once more is
// left alone, until another Guard begins; told says who writes it.
//
// With a mode's Once it looks at each object one time and returns, with an error
// where one could not be put back.
//
// Start it after Apply and end it before the next one; where both overlap, the
// Guard waits for Apply and then ends. It ends with an error that wraps
// ErrSuperseded when the release's newest revision is not res.Revision in the
// state deployed, and with nil when ctx ends. While the cluster cannot be
// reached it keeps trying, ever more slowly, at least every 30 s.
func (c *Cluster) Guard(ctx context.Context, res Result, mode DriftMode, told func(Drift)) error {
	keeps, justOnce := strings.CutSuffix(string(mode), once)
	mode = DriftMode(keeps)
	if mode != DriftCorrect && mode != DriftWarn {
		return fmt.Errorf("guard release %s/%s: mode is %q, must be correct or warn", res.Namespace, res.Release, mode)
	}
	if res.Rendered == nil {
		return fmt.Errorf("guard release %s/%s: the result of no Apply", res.Namespace, res.Release)
	}
	g := &guard{
		cluster: c, release: res.Release, namespace: res.Namespace, revision: res.Revision,
		mode: mode, queue: newQueue(), wards: map[string]*ward{}, log: c.opts.Log,
		terminating: map[string]bool{},
	}
	g.tell = func(d Drift) {
		g.telling.Lock()
		defer g.telling.Unlock()
		told(d)
	}
	g.owners = newOwners(g.ownerChanged)
	posts := g.posts(res)
	if justOnce {
		return g.lookOnce(ctx)
	}

	group, watching := errgroup.WithContext(ctx)
	for at, names := range posts {
		group.Go(func() error { return g.watchWards(watching, at, names) })
	}
	for at, o := range g.ownerKinds() {
		g.owners.pending.Add(1)
		group.Go(func() error { return g.watchOwners(watching, at, o) })
	}
	group.Go(func() error { return g.work(watching) })
	err := group.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("guard revision %d of release %s/%s: %w", res.Revision, res.Namespace, res.Release, err)
}

// guard is one run of Guard. Its watches judge what they see and queue what may
// have drifted; one worker looks again, under the release's lock, and acts.
type guard struct {
	cluster            *Cluster
	release, namespace string
	revision           int
	mode               DriftMode
	log                *slog.Logger
	wards              map[string]*ward // by Object.key
	owners             *owners
	queue              *queue
	telling            sync.Mutex
	tell               func(Drift)

	fights      fights
	terminating map[string]bool // the worker's: namespaces that were told of
}

// posts makes the wards and groups them by where they are watched.
func (g *guard) posts(res Result) map[kindIn]map[string]*ward {
	posts := map[kindIn]map[string]*ward{}
	for i, o := range res.Rendered.Objects {
		if o.Name == "" {
			continue // its name is the server's choice, anew each time
		}
		w, err := g.cluster.newWard(res, i)
		if err != nil {
			g.tell(Drift{Object: o, Err: err})
			continue
		}
		if old := g.wards[o.key()]; old != nil {
			w.order = old.order // a manifest that has an object twice means the last
		}
		g.wards[o.key()] = w
		at := kindOf(w.info)
		if posts[at] == nil {
			posts[at] = map[string]*ward{}
		}
		posts[at][o.Name] = w
	}
	return posts
}

// watchWards queues what is not as it should be.
func (g *guard) watchWards(ctx context.Context, at kindIn, wards map[string]*ward) error {
	s := &sight{
		saw: func(u *unstructured.Unstructured) {
			if w := wards[u.GetName()]; w != nil && u.GetDeletionTimestamp() == nil && g.suspect(w, u) {
				g.queue.add(w, time.Now())
			}
		},
		gone: func(name string) {
			if w := wards[name]; w != nil && !w.mayGo {
				g.queue.add(w, time.Now())
			}
		},
		known: func(yield func(string) bool) {
			for name := range wards {
				if !yield(name) {
					return
				}
			}
		},
		wanted: func(name string) bool { return wards[name] != nil },
	}
	selector := withoutRecords(at)
	if len(wards) == 1 {
		for name := range wards {
			selector = "metadata.name=" + name
		}
	}
	return g.cluster.sightings(ctx, at, selector, s, g.cannotWatch(at))
}

// cannotWatch tells once that a kind's drift goes unseen.
func (g *guard) cannotWatch(at kindIn) func(error) {
	said := ""
	return func(err error) {
		if err == nil || said == err.Error() {
			return
		}
		said = err.Error()
		g.tell(Drift{Object: Object{
			APIVersion: at.resource.GroupVersion().String(), Kind: at.resource.Resource, Namespace: at.namespace,
		}, Err: fmt.Errorf("cannot be watched: %w", err)})
	}
}

// ownerKinds are the kinds whose objects own fields of the wards, by where they
// are watched: autoscalers and, where the cluster has them, Flagger's canaries,
// in each namespace that has workloads of the release.
func (g *guard) ownerKinds() map[kindIn]claimer {
	kinds := map[kindIn]claimer{}
	for _, w := range g.wards {
		for gk, claims := range claimers {
			if !claims.concerns(w) {
				continue
			}
			mapping, err := g.cluster.getter.mapper.RESTMapping(gk)
			if err != nil {
				continue // the cluster has no such kind
			}
			kinds[kindIn{mapping.Resource, w.info.Namespace}] = claims
		}
	}
	return kinds
}

func (g *guard) watchOwners(ctx context.Context, at kindIn, claims claimer) error {
	once := sync.OnceFunc(g.owners.pending.Done)
	defer once()
	s := &sight{
		saw:    func(u *unstructured.Unstructured) { g.owners.set(ownerIn{at, u.GetName()}, claims.claims(u)) },
		gone:   func(name string) { g.owners.set(ownerIn{at, name}, nil) },
		known:  g.owners.names(at),
		synced: once,
	}
	tell := g.cannotWatch(at)
	return g.cluster.sightings(ctx, at, "", s, func(err error) {
		once()
		tell(err)
	})
}

// ownerChanged has an object judged anew whose fields got or lost an owner.
func (g *guard) ownerChanged(of claimed) {
	gvk := schema.GroupKind{Group: of.group, Kind: of.kind}
	for _, w := range g.wards {
		if w.info.Mapping.GroupVersionKind.GroupKind() == gvk && w.Name == of.name && w.Namespace == of.namespace {
			g.queue.add(w, time.Now())
		}
	}
}
