package loop

import (
	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/event"
)

// stepEvent is what a step of an image's build has to tell.
func stepEvent(iteration int, image string, s build.Step) event.Event {
	if s.State == build.StepPrinted {
		return event.Output{Iteration: iteration, Target: image, Text: s.Output}
	}
	return event.BuildStep{Iteration: iteration, Target: image, Step: s.Name, State: string(s.State), Took: s.Took}
}
