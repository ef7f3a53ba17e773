package loop

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/inputs"
)

// What the owner does beside deciding on work: it tells of saves that need none,
// of errors in devloop.yaml, of releases left behind, and keeps forwards and logs
// at what the files say.

// forward sets what is forwarded, if that has changed.
func (o *owner) forward() {
	l := o.files
	if l.project == nil || o.links == nil || o.links.Forward == nil {
		return
	}
	if targets := forwards(l.project, o.links.Namespace); !slices.Equal(targets, o.forwards) {
		o.forwards = targets
		o.links.Forward.Set(targets)
	}
}

// unchanged tells of saves that changed no digest: of files that are inputs, not
// of an editor's passing ones, nor of what prebuild commands wrote, nor of those
// whose content an earlier look has seen before their event came.
func (o *owner) unchanged(l look) {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(o.paths)) {
		if l.has(path) && !o.known.written(path) && !o.fetching(path) && !o.prebuilding(path) && !o.expected[path] {
			paths = append(paths, path)
		}
		delete(o.expected, path)
	}
	if len(paths) > 0 && l.configErr == nil {
		o.opts.Emit(event.Unchanged{Paths: paths})
	}
}

// arrived are the saved paths but those that an iteration is about already.
func (o *owner) arrived() map[string]bool {
	saved := maps.Clone(o.paths)
	maps.DeleteFunc(saved, func(path string, _ bool) bool { return o.expected[path] })
	return saved
}

// expect notes the paths an iteration is about whose events have not come yet.
func (o *owner) expect(cause []string) {
	o.expected = map[string]bool{}
	for _, path := range cause {
		if !o.paths[path] {
			o.expected[path] = true
		}
	}
}

// named tells which targets there are, when devloop.yaml names others.
func (o *owner) named(l look) {
	now := event.Targets{Images: l.project.ImageNames(), Releases: l.project.ReleaseNames()}
	if !slices.Equal(now.Images, o.told.Images) || !slices.Equal(now.Releases, o.told.Releases) {
		o.told = now
		o.opts.Emit(now)
	}
}

// configured tells a new error of devloop.yaml, once.
func (o *owner) configured(l look) {
	if l.configErr != nil && (o.config == nil || o.config.Error() != l.configErr.Error()) {
		o.opts.Emit(event.Failed{Iteration: o.number, Stage: "config", Error: describe(l.configErr), Hint: configHint(l)})
	}
	if l.configErr == nil && o.config != nil {
		o.opts.Emit(event.Notice{Text: "devloop.yaml is good again", Mends: "config"})
	}
	o.config = l.configErr
}

// profiled tells which profiles are in force, when that has changed.
func (o *owner) profiled(l look) {
	var before []string
	if o.files.project != nil {
		before = o.files.project.Active
	}
	if now := l.project.Active; !slices.Equal(before, now) {
		o.opts.Emit(event.Notice{Text: l.project.InForce()})
	}
}

// forwards lists what devloop.yaml wants forwarded.
func forwards(p *config.Project, namespace string) []forward.Target {
	var all []forward.Target
	for _, f := range p.Forward {
		all = append(all, forward.Target{Namespace: p.Releases[f.Release].In(namespace), Service: f.Service, Port: intstr.Parse(string(f.Port)), Local: f.Local})
	}
	return all
}

// retry has what failed tried again at the look that follows, and names it.
func (o *owner) retry(ctx context.Context) []string {
	var names []string
	for t := range o.known.errs {
		o.known.again(t)
		names = append(names, string(t.kind)+" "+t.name)
	}
	for t := range o.loops.held {
		o.free(t)
		names = append(names, string(t.kind)+" "+t.name)
	}
	if len(o.blocked) > 0 {
		names = append(names, "connect")
	}
	slices.Sort(names)
	o.asked = true
	o.look(ctx, inputs.Change{All: true})
	return names
}

// prebuilding tells whether a path lies where a prebuild command runs, of which it
// is not known yet what it writes.
func (o *owner) prebuilding(path string) bool {
	for t, tk := range o.tasks {
		im, named := o.files.project.Images[t.name]
		if t.kind != image || tk.syncs || !named || len(im.Prebuild) == 0 {
			continue
		}
		if dir := relative(o.opts.dir(), im.Context); dir == "." || strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}
