package build

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInputsChanged is wrapped by the error of a build whose files changed
// between Spec.Inputs and their packing. Nothing was tagged: read the inputs
// again and build those.
var ErrInputsChanged = errors.New("the file changed after its digest was taken")

// shownLines is how much of a failed command's output an error's text carries.
const shownLines = 20

// BuildError is a Dockerfile that does not build.
type BuildError struct {
	// Image is the name of the image, without its tag.
	Image string
	// Dockerfile is the path of the Dockerfile, and Line the line in it, counted
	// from 1, where the failing step begins; 0 when docker named no step.
	Dockerfile string
	Line       int
	// Step is the failing instruction, empty when there was none yet.
	Step string
	// Message is docker's own reason.
	Message string
	// Output is what the failing step printed, its last lines.
	Output string
}

// Error is one line that begins with file and line, followed by the last lines
// of the step's output.
func (e *BuildError) Error() string {
	where := e.Dockerfile
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Dockerfile, e.Line)
	}
	text := fmt.Sprintf("%s: build of image %s failed: ", where, e.Image)
	if e.Step != "" {
		text += e.Step + ": "
	}
	return text + e.Message + indented(e.Output)
}

// CommandError is a command that could not be started or that failed.
type CommandError struct {
	// Command is the program and its arguments, Dir the folder it ran in.
	Command []string
	Dir     string
	// ExitCode is -1 when the command did not start or was ended by a signal.
	ExitCode int
	// Output is the last lines the command printed, both streams in order.
	Output string
	// Err is the cause in the system's words.
	Err error
}

// Error is one line, followed by the last lines of output.
func (e *CommandError) Error() string {
	reason := fmt.Sprintf("exit code %d", e.ExitCode)
	if e.ExitCode < 0 && e.Err != nil {
		reason = e.Err.Error()
	}
	text := fmt.Sprintf("command %q failed: %s", strings.Join(e.Command, " "), reason)
	if e.Dir != "" {
		text = fmt.Sprintf("command %q in %s failed: %s", strings.Join(e.Command, " "), e.Dir, reason)
	}
	return text + indented(e.Output)
}

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.Err }

func indented(output string) string {
	output = strings.TrimRight(output, "\n")
	if output == "" {
		return ""
	}
	lines := strings.Split(output, "\n")
	lines = lines[max(0, len(lines)-shownLines):]
	return "\n    " + strings.Join(lines, "\n    ")
}
