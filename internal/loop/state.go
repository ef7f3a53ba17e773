package loop

import (
	"maps"
	"slices"

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
}

func newKnown() known {
	return known{
		state:   plan.State{Images: map[string]plan.Image{}, Releases: map[string]plan.Release{}},
		refs:    map[string]string{},
		outputs: map[string]map[string]bool{},
		touched: map[string]map[string]bool{},
		errs:    map[target]error{},
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
	}
}

// learn takes over what an iteration brought.
func (k known) learn(out outcome) {
	for name, o := range out.images {
		k.state.Images[name] = plan.Image{Inputs: o.inputs}
		k.outputs[name], k.touched[name] = o.outputs, o.touched
		k.note(target{image, name}, o.err)
		if o.err == nil {
			k.refs[name] = o.ref
		}
	}
	for name, o := range out.releases {
		k.state.Releases[name] = o.tried
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
		if a.Do != plan.Rebuild {
			continue
		}
		outputs := maps.Clone(k.outputs[a.Target])
		for _, path := range a.Paths {
			delete(outputs, path)
		}
		k.outputs[a.Target] = outputs
	}
}
