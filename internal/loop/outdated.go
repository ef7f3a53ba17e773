package loop

import (
	"maps"

	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
)

// outdatedBy: the files say something else than what the job works on. What a
// prebuild command writes while it runs does not count, nor, until it is known
// what that is, anything in its folder: the command looks there itself when it
// has ended, and from then on its folder counts as it left it.
func (j *job) outdatedBy(l look) bool {
	then := plan.State{Images: maps.Clone(j.look.state.Images), Releases: j.look.state.Releases}
	now := plan.State{Images: maps.Clone(l.state.Images), Releases: l.state.Releases}
	for _, a := range j.actions {
		if a.Do != plan.Rebuild || len(j.look.project.Images[a.Target].Prebuild) == 0 {
			continue
		}
		if tree, ended := j.record.inputs(a.Target); ended {
			then.Images[a.Target] = plan.Image{Inputs: tree}
			continue
		}
		if im, still := now.Images[a.Target]; still {
			now.Images[a.Target] = plan.Image{Inputs: sources(then.Images[a.Target].Inputs, im.Inputs, j.known.outputs[a.Target])}
		}
	}
	return len(plan.Make(then, now)) > 0
}

// sources is the tree as it is now, with the outputs as they were then.
func sources(then, now digest.Tree, outputs map[string]bool) digest.Tree {
	if len(outputs) == 0 {
		return then
	}
	tree := maps.Clone(now)
	for path := range outputs {
		delete(tree, path)
		if sum, ok := then[path]; ok {
			tree[path] = sum
		}
	}
	return tree
}
