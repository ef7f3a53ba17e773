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
	Inputs     digest.Tree
	Unreadable string // why its inputs cannot be read; empty when they can
	Again      bool   // in a state before: to be tried again even if nothing differs
}

// Release holds the inputs of a release: chart and values by path, settings
// under the name of where they are written, and the reference of each image
// it uses, by the image's name. A reference not known yet is empty.
type Release struct {
	Inputs     digest.Tree
	Images     map[string]string
	Unreadable string // why its inputs cannot be read; empty when they can
	Again      bool   // in a state before: to be tried again even if nothing differs
}

// Do is what an action does.
type Do string

// The actions, from the least to the most.
const (
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
		now := after.Images[name]
		why, paths := compare(was.Inputs, now.Inputs, was.Unreadable, now.Unreadable, known)
		if why == "" && was.Again {
			why = again
		}
		if why != "" {
			actions = append(actions, Action{Rebuild, name, why, paths})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Releases)) {
		was, known := before.Releases[name]
		now := after.Releases[name]
		why, paths := compare(was.Inputs, now.Inputs, was.Unreadable, now.Unreadable, known)
		images := newReferences(was.Images, now.Images)
		if known && len(images) > 0 {
			why = strings.TrimPrefix(why+"; "+strings.Join(images, "; "), "; ")
		}
		if why == "" && was.Again {
			why = again
		}
		if why != "" {
			actions = append(actions, Action{Upgrade, name, why, paths})
		}
	}
	return actions
}

// again is the reason to try once more what did not come to a good end.
const again = "is not in line yet"

// compare says why the inputs of a target ask for an action, or nothing, and
// which of them differ.
func compare(was, now digest.Tree, wasUnreadable, unreadable string, known bool) (why string, paths []string) {
	switch {
	case unreadable != "" && (!known || unreadable != wasUnreadable):
		return "cannot be read", nil
	case unreadable != "":
		return "", nil
	case !known:
		return "first look", nil
	case wasUnreadable != "":
		return "can be read again", nil
	}
	if paths = was.Diff(now); len(paths) > 0 {
		why = reason(paths)
	}
	return why, paths
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

func reason(paths []string) string {
	if len(paths) <= named {
		return strings.Join(paths, ", ") + " changed"
	}
	return fmt.Sprintf("%s and %d more files changed", strings.Join(paths[:named-1], ", "), len(paths)-named+1)
}
