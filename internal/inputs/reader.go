package inputs

import (
	"context"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
	"github.com/devloop-dev/devloop/internal/request"
)

// Change is what may have changed since the last look.
type Change struct {
	// Paths are absolute and begin as devloop.yaml names them.
	Paths []string
	// All: anything may have; Paths need not be told.
	All bool
}

// Seen is what the files said at one moment. It is never changed once given.
type Seen struct {
	// State is without references.
	State plan.State
	// Contexts are the files that go into each image, for build.Spec.InputsOf.
	// An image with a prebuild command has none: what it leaves is known after it.
	Contexts map[string]digest.Tree
	// Stack says which images are built on which others.
	Stack request.Stack
	// Images and Releases say why the inputs of a target cannot be read.
	Images, Releases map[string]error
}

// Reader reads the inputs of a project. It is used by one goroutine at a time.
type Reader struct {
	hasher *digest.Hasher
	noise  digest.Skip // what is never an input

	project *config.Project
	index   *plan.Index[target]
	last    map[target]*view
}

// target is an image or a release.
type target struct {
	image bool
	name  string
}

// view is what is known of one target. It is never changed once it is kept.
type view struct {
	settings string       // digest of what devloop.yaml says of it
	files    digest.Tree  // of the context or the chart, as seen from there
	inputs   digest.Tree  // all, as seen from the project's folder
	bases    []build.Base // of an image
	err      error
}

// New returns a Reader that has read nothing. noise leaves out what is never an
// input, such as version control; it sees paths relative to a context or chart.
func New(h *digest.Hasher, noise digest.Skip) *Reader {
	return &Reader{hasher: h, noise: noise, last: map[target]*view{}}
}

// Look reads what changed of the project's inputs. The first look, one at another
// Project, and one after a Change of All or of a path that belongs to no target
// read everything, which costs a stat for each file that h knows. It fails only
// when ctx ends: what cannot be read is told of each target.
func (r *Reader) Look(ctx context.Context, p *config.Project, change Change) (Seen, error) {
	touched := map[target][]string{}
	if p != r.project {
		r.index = plan.NewIndex(roots(p))
	}
	if !change.All {
		var lost []string
		touched, lost = r.index.Touched(change.Paths)
		for _, path := range lost {
			change.All = change.All || path != p.File
		}
	}
	r.project = p
	next := make(map[target]*view, len(r.last))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * runtime.GOMAXPROCS(0))
	look := func(t target, settings string, read func(was *view) *view) {
		was := r.last[t]
		if change.All || was == nil || was.settings != settings || was.err != nil {
			was = nil
		} else if len(touched[t]) == 0 {
			mu.Lock()
			defer mu.Unlock()
			next[t] = was
			return
		}
		g.Go(func() error {
			v := read(was)
			if v.err == nil && r.last[t] != nil {
				v.inputs, v.files = v.inputs.Like(r.last[t].inputs), v.files.Like(r.last[t].files)
			}
			v.settings = settings
			mu.Lock()
			defer mu.Unlock()
			next[t] = v
			return ctx.Err()
		})
	}
	for name, im := range p.Images {
		t := target{true, name}
		look(t, settingsOf([]any{im, p.Push}), func(was *view) *view { return r.image(ctx, p, name, was, touched[t]) })
	}
	for name, rel := range p.Releases {
		t := target{false, name}
		look(t, settingsOf(rel), func(was *view) *view { return r.release(ctx, p, name, was, touched[t]) })
	}
	if err := g.Wait(); err != nil {
		return Seen{}, err
	}
	r.last = next
	return r.seen(), nil
}

// Image reads the inputs of one image anew, whatever is known of it.
func (r *Reader) Image(ctx context.Context, p *config.Project, name string) (digest.Tree, error) {
	v := r.image(ctx, p, name, nil, nil)
	return v.inputs, v.err
}

// Release is Image for a release.
func (r *Reader) Release(ctx context.Context, p *config.Project, name string) (digest.Tree, error) {
	v := r.release(ctx, p, name, nil, nil)
	return v.inputs, v.err
}

func (r *Reader) seen() Seen {
	s := Seen{
		State:    plan.State{Images: map[string]plan.Image{}, Releases: map[string]plan.Release{}, Settings: settings(r.project)},
		Contexts: map[string]digest.Tree{}, Images: map[string]error{}, Releases: map[string]error{},
	}
	bases := map[string][]build.Base{}
	for t, v := range r.last {
		if t.image {
			bases[t.name] = v.bases
		}
	}
	s.Stack = request.StackOf(r.project, bases)
	for t, v := range r.last {
		if err := s.Stack.Circle(t.name); t.image && err != nil {
			v = &view{inputs: v.inputs, err: err}
		}
		unreadable := ""
		if v.err != nil {
			unreadable = v.err.Error()
		}
		switch {
		case t.image:
			im := plan.Image{Inputs: v.inputs, Unreadable: unreadable}
			if sync, ok := request.SyncOf(r.project, t.name); ok {
				im.Syncs = func(path string) bool {
					_, copied := sync.Key(path)
					return copied
				}
			}
			s.State.Images[t.name] = im
			if v.err != nil {
				s.Images[t.name] = v.err
			} else if len(r.project.Images[t.name].Prebuild) == 0 {
				s.Contexts[t.name] = v.files
			}
		default:
			s.State.Releases[t.name] = plan.Release{Inputs: v.inputs, Unreadable: unreadable}
			if v.err != nil {
				s.Releases[t.name] = v.err
			}
		}
	}
	return s
}

// relative is path as seen from the project's folder, with slashes.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
