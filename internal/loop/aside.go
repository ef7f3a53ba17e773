package loop

import (
	"fmt"
	"maps"
	"slices"

	"github.com/devloop-dev/devloop/internal/event"
)

// What the owner does beside deciding on work: it tells of saves that need none,
// of errors in devloop.yaml, of releases left behind, and keeps forwards and logs
// at what the files say.

// part takes leave of releases that are no longer where they were.
func (o *owner) part(l look) {
	gone := o.known.forget(l)
	for _, name := range gone {
		o.opts.Emit(event.Notice{Text: "release " + name + " is no longer in devloop.yaml; it stays in the cluster until you run: helm uninstall " + name})
	}
	if o.links == nil {
		return
	}
	for name, from := range o.known.moved(l, o.links.Namespace) {
		o.opts.Emit(event.Notice{Text: fmt.Sprintf("release %s goes to another namespace; the one in %s stays until you run: helm uninstall -n %s %s", name, from, from, name)})
	}
	for _, name := range gone {
		o.guards.stop(name)
	}
	if len(gone) > 0 && o.links.Logs != nil {
		o.links.Logs.Follow(o.selected.drop(gone))
	}
}

// forward sets what is forwarded, if that has changed.
func (o *owner) forward(l look) {
	if o.links == nil || o.links.Forward == nil {
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
	inputs := l.paths()
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(o.paths)) {
		if inputs[path] && !o.known.written(path) && !o.expected[path] {
			paths = append(paths, path)
		}
		delete(o.expected, path)
	}
	if len(paths) > 0 && l.configErr == nil {
		o.opts.Emit(event.Unchanged{Paths: paths})
	}
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

// configured tells a new error of devloop.yaml, once.
func (o *owner) configured(l look) {
	if l.configErr != nil && (o.config == nil || o.config.Error() != l.configErr.Error()) {
		o.opts.Emit(event.Failed{Iteration: o.number, Stage: "config", Error: describe(l.configErr), Hint: configHint(l)})
	}
	if l.configErr == nil && o.config != nil {
		o.opts.Emit(event.Notice{Text: "devloop.yaml is good again"})
	}
	o.config = l.configErr
}
