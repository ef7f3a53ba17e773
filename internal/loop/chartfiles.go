package loop

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
)

// complete brings the chart of a release the dependencies that it lacks. What
// lies in charts/ and in the lock from then on is what is applied, whoever wrote
// it, so it counts as promised: that we write there is no save.
func (w *worker) complete(ctx context.Context, r config.Release, asked deploy.Release) error {
	builder, ok := w.backends.Cluster.(interface {
		Dependencies(ctx context.Context, rel deploy.Release) (written []string, err error)
	})
	if !ok || !deploy.DeclaresDependencies(r.Chart) {
		return nil
	}
	if _, err := builder.Dependencies(ctx, asked); err != nil {
		return err
	}
	tree, err := w.opts.reader().Release(ctx, w.look.project, w.name)
	if err != nil {
		return nil // steady tells it
	}
	w.left.Store(&left{tree: adopt(w.claim.inputs, tree, chartFiles(w.look.project, w.name)), at: time.Now()})
	return nil
}

// promised is what a claim on a release says, with its dependencies in place.
func (tk *task) promised() wanted {
	if left := tk.left.Load(); left != nil && tk.claim.unreadable == "" {
		return wanted{inputs: left.tree}
	}
	return tk.claim.wanted
}

// chartFiles tells which paths are archives of dependencies or the lock, in the
// chart of a release or in a chart folder that it depends on.
func chartFiles(p *config.Project, name string) func(path string) bool {
	chart := p.Releases[name].Chart
	var folders []string
	for _, folder := range append(deploy.LocalDependencies(chart), chart) {
		folders = append(folders, relative(p.Dir, folder))
	}
	return func(path string) bool {
		for _, folder := range folders {
			rest, below := path, folder == "."
			if !below {
				rest, below = strings.CutPrefix(path, folder+"/")
			}
			if below && deploy.DependencyFile(rest) {
				return true
			}
		}
		return false
	}
}

// adopt is a tree with some of its files as another one has them.
func adopt(tree, from digest.Tree, is func(path string) bool) digest.Tree {
	for _, path := range tree.Diff(from) {
		if !is(path) {
			continue
		}
		if sum, there := from.Get(path); there {
			tree = tree.With(path, sum)
		} else {
			tree = tree.Without(path)
		}
	}
	return tree
}

// withDependencies are what is promised of a release and what the files say. Until
// work on it has seen to its dependencies, their files count as they were: they
// are taken as they are then.
func (o *owner) withDependencies(t target, l look, was, now wanted) (before, after wanted) {
	if tk := o.tasks[t]; tk != nil && tk.claim == o.claims[t] {
		if left := tk.left.Load(); left != nil {
			was = tk.promised()
			if !l.began.Before(left.at) {
				return was, now
			}
		}
	}
	now.inputs = adopt(now.inputs, was.inputs, chartFiles(l.project, t.name))
	return was, now
}

// fetched has the files count as work on a release has left them, and tells
// whether it has left any other than they were.
func (o *owner) fetched(out releaseOutcome) bool {
	left := out.left.Load()
	if left == nil || left.tree.Equal(out.claim.inputs) {
		return false
	}
	for _, path := range out.claim.inputs.Diff(left.tree) {
		o.known.chartFiles[path] = true
	}
	if _, named := o.files.state.Releases[out.name]; named && !out.cut {
		o.leave(out.target, out.promised())
	}
	return true
}

// fetching tells whether work under way may be writing a file.
func (o *owner) fetching(path string) bool {
	for t, tk := range o.tasks {
		if _, named := o.files.project.Releases[t.name]; t.kind != release || !named || tk.left.Load() == nil {
			continue
		}
		if chartFiles(o.files.project, t.name)(filepath.ToSlash(path)) {
			return true
		}
	}
	return false
}
