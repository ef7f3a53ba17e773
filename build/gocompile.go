package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/digest"
)

// complaint is a line of the go command that names a place.
var complaint = regexp.MustCompile(`(?m)^\s*(?:vet: )?([^\s:][^:\n]*|[A-Za-z]:\\[^:\n]*):(\d+)(?::\d+)?: (.+)$`)

// compile builds the program to a file, once it is known that what it was built
// from is what the inputs say.
func (s source) compile(ctx context.Context, in Inputs, to string, progress func(Step)) error {
	start := time.Now()
	step := Step{Name: "go build " + s.Go.Package, State: StepBegan}
	progress(step)
	args := append([]string{"go", "build", "-trimpath", "-buildvcs=false", "-o", to}, s.Go.flags()...)
	run := Prebuild{Dir: s.Context, Command: append(args, "--", s.Go.Package), Env: s.goEnv()}
	err := run.Run(ctx, func(line string) { progress(Step{Name: step.Name, State: StepPrinted, Output: line}) })
	step.Took, step.State = time.Since(start), StepDone
	if err != nil {
		step.State = StepFailed
	}
	progress(step)
	var failed *CommandError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("image %s: build cancelled: %w", s.Name, context.Cause(ctx))
	case errors.As(err, &failed):
		return s.goFailure(failed.Output, err)
	case err != nil:
		return fmt.Errorf("image %s: %w", s.Name, err)
	}
	return s.unchanged(ctx, in)
}

// unchanged reads the inputs once more, all of them: the compiler may have read
// what was saved since.
func (s source) unchanged(ctx context.Context, in Inputs) error {
	now, err := s.goFiles(ctx, digest.New())
	if err != nil {
		return err
	}
	if s.sum(now) != in.Digest {
		return fmt.Errorf("image %s: %w", s.Name, ErrInputsChanged)
	}
	return nil
}

// goFailure is what the go command did not like, at the first place it names.
func (s source) goFailure(output string, err error) error {
	failed := &BuildError{Image: s.Name, Dockerfile: s.Context, Message: err.Error(), Output: output}
	var command *CommandError
	if errors.As(err, &command) {
		failed.Step, failed.Message = "go build "+s.Go.Package, fmt.Sprintf("exit code %d", command.ExitCode)
	}
	for _, at := range complaint.FindAllStringSubmatch(output, -1) {
		path := at[1]
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.Context, filepath.FromSlash(path))
		}
		if _, err := os.Stat(path); err != nil {
			continue
		}
		failed.Dockerfile, failed.Message = path, at[3]
		failed.Line, _ = strconv.Atoi(at[2]) // digits
		break
	}
	if failed.Line == 0 && strings.TrimSpace(output) != "" {
		failed.Message, _, _ = strings.Cut(strings.TrimSpace(output), "\n")
	}
	return failed
}
