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
	// Settings are what devloop.yaml says that belongs to no image or release, by
	// where it says so. Before anything is known they are empty.
	Settings digest.Tree
}

// Image holds the inputs of an image: files by path, and settings under the
// name of where they are written.
//
// Images are the references of the images of the project that it is built on, by
// their names, as in Release.
type Image struct {
	Inputs     digest.Tree
	Images     map[string]string
	Unreadable string // why its inputs cannot be read; empty when they can
	Again      bool   // in a state before: to be tried again even if nothing differs

	// Syncs, in a state after, tells which inputs may be copied into running
	// containers in place of a build; nil for none.
	Syncs func(path string) bool
	// Overlay, in a state before, is what is known of the containers; nil when no
	// image is in place that anything could be copied onto.
	Overlay *Overlay
}

// Overlay is how what the containers of an image hold stands to the image.
type Overlay struct {
	Built  digest.Tree // inputs that the image in place was made of; Inputs have the synced files, too
	Barred string      // why nothing can be copied now, in words; empty when it can
	Again  bool        // a copy did not come to its end, so who knows what is there
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

// The actions. To do nothing has none: a plan is then empty.
const (
	Reload  Do = "reload"  // take over settings that belong to no image or release
	Sync    Do = "sync"    // copy files into running containers of an image
	Upgrade Do = "upgrade" // write the objects of a release that differ
	Rebuild Do = "rebuild" // make an image, unless its tag is there already
)

// Action is one thing to do to one target, and why.
type Action struct {
	Do      Do
	Target  string   // name of an image (Rebuild, Sync) or of a release (Upgrade); empty for Reload
	Reason  string   // in words
	Skipped string   // in words: what is not done, and why; empty when there is nothing to say
	Paths   []string // inputs that differ; none when the target is new
}

// Why is the reason and what is skipped, in one line.
func (a Action) Why() string {
	if a.Skipped == "" {
		return a.Reason
	}
	return a.Reason + "; " + a.Skipped
}

// Make returns the actions that lead from before to after: a reload, then rebuilds
// and syncs by image name, then upgrades by release name. Equal states give none. Targets
// that are gone in after give no action: what is in the cluster is only removed
// when the user says so.
//
// Whether a rebuild brings an upgrade is known once the image has its
// reference: call Make again with the references filled in.
func Make(before, after State) []Action {
	var actions []Action
	if paths := before.Settings.Diff(after.Settings); before.Settings.Len() > 0 && len(paths) > 0 {
		actions = append(actions, Action{Do: Reload, Reason: reason(paths), Paths: paths})
	}
	rebuilt := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(after.Images)) {
		was, known := before.Images[name]
		now := after.Images[name]
		why, paths := compare(was.Inputs, now.Inputs, was.Unreadable, now.Unreadable, known)
		do, not := Rebuild, ""
		if images := newReferences(was.Images, now.Images); known && len(images) > 0 {
			why = strings.TrimPrefix(why+"; "+strings.Join(images, "; "), "; ")
		} else if now.Unreadable == "" && !was.Again {
			do, not = syncs(was, now)
		}
		if why == "" && (was.Again || was.Overlay.unclear()) {
			why = again
		}
		if why != "" {
			actions = append(actions, Action{Do: do, Target: name, Reason: why, Skipped: not, Paths: paths})
		}
		if why != "" && do == Rebuild {
			rebuilt[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.Releases)) {
		was, known := before.Releases[name]
		now := after.Releases[name]
		why, paths := compare(was.Inputs, now.Inputs, was.Unreadable, now.Unreadable, known)
		images := newReferences(was.Images, now.Images)
		skipped := ""
		if len(paths) > 0 && len(images) == 0 {
			skipped = skippedBuild(now, rebuilt)
		}
		if known && len(images) > 0 {
			why = strings.TrimPrefix(why+"; "+strings.Join(images, "; "), "; ")
		}
		if why == "" && was.Again {
			why = again
		}
		if why != "" {
			actions = append(actions, Action{Do: Upgrade, Target: name, Reason: why, Skipped: skipped, Paths: paths})
		}
	}
	return actions
}

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
