package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/digest"
)

// State is what the files say at one moment, in digests.
type State struct {
	Images   map[string]Image
	Releases map[string]Release
}

// Image holds the inputs of an image: files by path, and settings under the
// name of where they are written.
type Image struct {
	Inputs digest.Tree
}

// Release holds the inputs of a release: chart and values by path, settings
// under the name of where they are written, and the reference of each image
// it uses, by the image's name. A reference not known yet is empty.
type Release struct {
	Inputs digest.Tree
	Images map[string]string
}

// Do is what an action does.
type Do string

// The actions, from the least to the most.
const (
	None    Do = "none"
	Upgrade Do = "upgrade" // write the objects of a release that differ
	Rebuild Do = "rebuild" // make an image, unless its tag is there already
)

// Action is one thing to do to one target, and why.
type Action struct {
	Do     Do
	Target string   // name of an image (Rebuild) or of a release (Upgrade)
	Reason string   // in words
	Paths  []string // inputs that differ; none when the target is new
}

// Make returns the actions that lead from before to after: rebuilds by image
// name, then upgrades by release name. Equal states give none. Targets that are
// gone in after give no action: what is in the cluster is only removed when the
// user says so.
//
// Whether a rebuild brings an upgrade is known once the image has its
// reference: call Make again with the references filled in.
func Make(before, after State) []Action {
	var actions []Action
	for _, name := range slices.Sorted(maps.Keys(after.Images)) {
		was, known := before.Images[name]
		if paths, differ := compare(was.Inputs, after.Images[name].Inputs, known); differ {
			actions = append(actions, Action{Rebuild, name, reason(paths, known), paths})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Releases)) {
		was, known := before.Releases[name]
		now := after.Releases[name]
		paths, differ := compare(was.Inputs, now.Inputs, known)
		images := newReferences(was.Images, now.Images)
		if !differ && len(images) == 0 {
			continue
		}
		var why []string
		if differ {
			why = append(why, reason(paths, known))
		}
		if known {
			why = append(why, images...)
		}
		actions = append(actions, Action{Upgrade, name, strings.Join(why, "; "), paths})
	}
	return actions
}

func compare(was, now digest.Tree, known bool) (paths []string, differ bool) {
	if !known {
		return nil, true
	}
	paths = was.Diff(now)
	return paths, len(paths) > 0
}

// newReferences tells in words which images have another reference than before.
func newReferences(was, now map[string]string) []string {
	var words []string
	for _, image := range slices.Sorted(maps.Keys(now)) {
		if ref := now[image]; ref != was[image] && ref != "" {
			words = append(words, fmt.Sprintf("image %s is now %s", image, ref))
		}
	}
	return words
}

// named is how many paths a reason names before it only counts.
const named = 3

func reason(paths []string, known bool) string {
	switch {
	case !known:
		return "first look"
	case len(paths) <= named:
		return strings.Join(paths, ", ") + " changed"
	}
	return fmt.Sprintf("%s and %d more files changed", strings.Join(paths[:named-1], ", "), len(paths)-named+1)
}
