package loop

import (
	"maps"
	"slices"

	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
)

// known is what the loop remembers of its targets between iterations. Workers
// get a copy.
type known struct {
	state   plan.State                 // inputs and references last worked on, failed or not
	refs    map[string]string          // image -> reference in place
	outputs map[string]map[string]bool // image -> paths its prebuild command changes
	touched map[string]map[string]bool // image -> paths its prebuild command wrote last
	errs    map[target]error           // targets that are not in line, and why
	cut     map[string]bool            // images whose last making was ended early
	places  map[string]string          // release -> namespace it was applied to
}

func newKnown() known {
	return known{
		state:   plan.State{Images: map[string]plan.Image{}, Releases: map[string]plan.Release{}},
		refs:    map[string]string{},
		outputs: map[string]map[string]bool{},
		touched: map[string]map[string]bool{},
		errs:    map[target]error{},
		cut:     map[string]bool{},
		places:  map[string]string{},
	}
}

// clone copies the maps; what is in them is never changed in place.
func (k known) clone() known {
	return known{
		state:   plan.State{Images: maps.Clone(k.state.Images), Releases: maps.Clone(k.state.Releases)},
		refs:    maps.Clone(k.refs),
		outputs: maps.Clone(k.outputs),
		touched: maps.Clone(k.touched),
		errs:    maps.Clone(k.errs),
		cut:     maps.Clone(k.cut),
		places:  maps.Clone(k.places),
	}
}

// learn takes over what an iteration brought.
func (k known) learn(out outcome) {
	for name, o := range out.images {
		k.cut[name] = o.cut
		if o.cut {
			continue
		}
		k.state.Images[name] = out.iteration.look.state.Images[name]
		if k.state.Images[name].Unreadable == "" {
			k.state.Images[name] = plan.Image{Inputs: o.inputs}
		}
		k.outputs[name], k.touched[name] = o.outputs, o.touched
		k.note(target{image, name}, o.err)
		if o.err == nil {
			k.refs[name] = o.ref
		}
	}
	for name, o := range out.releases {
		k.state.Releases[name] = o.tried
		k.places[name] = o.namespace
		k.note(target{release, name}, o.err)
	}
}

// written: the path is one that a prebuild command writes.
func (k known) written(path string) bool {
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

// retry forgets what failed and has one of the saved files among its inputs, so
// that it is tried again although its content is the same: what was wrong may
// have been elsewhere. It tells whether there is such a target.
func (k known) retry(l look, saved map[string]bool) bool {
	found := false
	for t := range k.errs {
		var inputs digest.Tree
		if t.kind == image {
			inputs = l.state.Images[t.name].Inputs
		} else {
			inputs = l.state.Releases[t.name].Inputs
		}
		for path := range inputs {
			if !saved[path] || k.written(path) {
				continue
			}
			found = true
			k.again(t)
			break
		}
	}
	return found
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
		to := namespace
		if r.Namespace != "" {
			to = r.Namespace
		}
		if ok && place != to {
			from[name] = place
			delete(k.places, name)
		}
	}
	return from
}

// forget drops what is no longer in the project and names the releases among it.
func (k known) forget(l look) (releases []string) {
	for name := range k.state.Images {
		if _, ok := l.state.Images[name]; !ok {
			delete(k.state.Images, name)
			delete(k.refs, name)
			delete(k.errs, target{image, name})
		}
	}
	for name := range k.state.Releases {
		if _, ok := l.state.Releases[name]; !ok {
			delete(k.state.Releases, name)
			delete(k.errs, target{release, name})
			delete(k.places, name)
			releases = append(releases, name)
		}
	}
	slices.Sort(releases)
	return releases
}

// edited drops from an image's known outputs what changed while its command was
// not running: the user wrote that.
func (k known) edited(actions []plan.Action) {
	for _, a := range actions {
		if a.Do != plan.Rebuild || k.cut[a.Target] {
			continue // of a command that was ended early, who knows what it wrote
		}
		outputs := maps.Clone(k.outputs[a.Target])
		for _, path := range a.Paths {
			delete(outputs, path)
		}
		k.outputs[a.Target] = outputs
	}
}
