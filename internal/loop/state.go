package loop

import (
	"cmp"
	"maps"
	"slices"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/plan"
)

// known is what the loop remembers of its targets. What is in the maps is never
// changed in place, so that workers can have it.
type known struct {
	state     plan.State                 // inputs and references last worked on, failed or not
	refs      map[string]string          // image -> reference in place
	outputs   map[string]map[string]bool // image -> paths its prebuild command changes
	touched   map[string]map[string]bool // image -> paths its prebuild command wrote last
	errs      map[target]error           // targets that are not in line, and why
	cut       map[string]bool            // images whose last making was ended early
	places    map[string]string          // release -> namespace it was applied to
	installed map[string]bool            // releases that were not there before
	deeds     map[target]deed
	// chartFiles are archives and locks that were written for a chart's dependencies.
	chartFiles map[string]bool
}

func newKnown() known {
	return known{
		state:     plan.State{Images: map[string]plan.Image{}, Releases: map[string]plan.Release{}},
		refs:      map[string]string{},
		outputs:   map[string]map[string]bool{},
		touched:   map[string]map[string]bool{},
		errs:      map[target]error{},
		cut:       map[string]bool{},
		places:    map[string]string{},
		installed: map[string]bool{},
		deeds:     map[target]deed{},

		chartFiles: map[string]bool{},
	}
}

// image takes over what came of work on an image.
func (k known) image(out imageOutcome) {
	k.cut[out.name] = out.cut
	if out.cut {
		if im, before := k.state.Images[out.name]; before && out.ran { // who knows what it has written
			im.Again = true
			k.state.Images[out.name] = im
		}
		return
	}
	im := out.made().image()
	im.Images = out.bases
	if out.err == nil && out.copies {
		im.Overlay = &plan.Overlay{Built: im.Inputs}
	}
	k.state.Images[out.name] = im
	k.outputs[out.name], k.touched[out.name] = out.outputs, out.touched
	k.note(out.target, out.err)
	if out.err == nil {
		k.did(out.target, out.did, out.did == built || k.refs[out.name] != out.ref)
		k.refs[out.name] = out.ref
	}
}

// release takes over what came of work on a release.
func (k known) release(out releaseOutcome) {
	r := out.promised().release(out.refs)
	r.Again = out.cut
	k.state.Releases[out.name] = r
	if out.action != "" {
		k.places[out.name] = out.namespace
		k.installed[out.name] = k.installed[out.name] || out.action == deploy.Installed
		k.did(out.target, out.did, out.action != deploy.Unchanged)
	}
	k.note(out.target, out.err)
}

// written: the path is one that a prebuild command writes, or one that was written
// for a chart's dependencies.
func (k known) written(path string) bool {
	if k.chartFiles[path] {
		return true
	}
	for name := range k.outputs {
		if k.outputs[name][path] || k.touched[name][path] {
			return true
		}
	}
	return false
}

func (k known) note(t target, err error) {
	if err == nil {
		delete(k.errs, t)
		return
	}
	k.errs[t] = err
}

// references are those of the images that are in place and have not failed since.
func (k known) references() map[string]string {
	refs := map[string]string{}
	for name, ref := range k.refs {
		if k.errs[target{image, name}] == nil {
			refs[name] = ref
		}
	}
	return refs
}

// retry has what failed tried again when one of the saved files is among its
// inputs, although its content may be the same: what was wrong may have been
// elsewhere.
func (k known) retry(l look, saved map[string]bool) {
	for t := range k.errs {
		w, _ := t.of(l.state)
		for path := range saved {
			if w.inputs.Has(path) && !k.written(path) {
				k.again(t)
				break
			}
		}
	}
}

func (k known) again(t target) {
	if t.kind == image {
		im := k.state.Images[t.name]
		im.Again = true
		k.state.Images[t.name] = im
		return
	}
	r := k.state.Releases[t.name]
	r.Again = true
	k.state.Releases[t.name] = r
}

// moved names the releases that were applied to another namespace before.
func (k known) moved(l look, namespace string) map[string]string {
	from := map[string]string{}
	for name, place := range k.places {
		r, ok := l.project.Releases[name]
		if ok && place != r.In(namespace) {
			from[name] = place
			delete(k.places, name)
		}
	}
	return from
}

// gone is a target that devloop.yaml no longer names, and what is left of it.
type gone struct {
	target
	namespace string // of a release that was applied
	ours      bool   // it was not there before
}

// forget drops what is no longer in the project, but for what is busy still, and
// tells what is left of it.
func (k known) forget(l look, busy func(target) bool) (left []gone) {
	for name := range k.state.Images {
		t := target{image, name}
		if _, ok := l.state.Images[name]; ok || busy(t) {
			continue
		}
		if k.refs[name] != "" {
			left = append(left, gone{target: t, ours: true})
		}
		delete(k.state.Images, name)
		delete(k.refs, name)
		delete(k.errs, t)
		delete(k.deeds, t)
	}
	for name := range k.state.Releases {
		t := target{release, name}
		if _, ok := l.state.Releases[name]; ok || busy(t) {
			continue
		}
		if k.places[name] != "" {
			left = append(left, gone{t, k.places[name], k.installed[name]})
		}
		delete(k.state.Releases, name)
		delete(k.errs, t)
		delete(k.deeds, t)
		delete(k.places, name)
		delete(k.installed, name)
	}
	slices.SortFunc(left, func(a, b gone) int { // releases first
		return cmp.Or(cmp.Compare(b.kind, a.kind), cmp.Compare(a.name, b.name))
	})
	return left
}

// edited drops from an image's known outputs what changed while its command was
// not running: the user wrote that.
func (k known) edited(actions []plan.Action) {
	for _, a := range actions {
		if a.Do != plan.Rebuild && a.Do != plan.Sync || k.cut[a.Target] {
			continue // of a command that was ended early, who knows what it wrote
		}
		outputs := maps.Clone(k.outputs[a.Target])
		for _, path := range a.Paths {
			delete(outputs, path)
		}
		k.outputs[a.Target] = outputs
	}
}
