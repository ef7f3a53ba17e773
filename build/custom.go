package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"

	"github.com/devloop-dev/devloop/internal/digest"
)

// custom has the user's own command make the image.
func (d *Docker) custom(ctx context.Context, j job, progress func(Step)) error {
	start := time.Now()
	step := Step{Name: j.src.Custom[0], State: StepBegan}
	progress(step)
	env := []string{"IMAGE=" + j.ref, "CONTEXT=" + j.src.Context, "INPUTS_DIGEST=" + j.in.Digest}
	if j.src.Platform != "" {
		env = append(env, "PLATFORM="+j.src.Platform)
	}
	run := Prebuild{Dir: j.src.Context, Command: j.src.Custom, Env: env}
	err := run.Run(ctx, func(line string) { progress(Step{Name: step.Name, State: StepPrinted, Output: line}) })
	step.Took, step.State = time.Since(start), StepDone
	if err != nil {
		step.State = StepFailed
		progress(step)
		// It may have got as far as the image: the next build would take that for good.
		return errors.Join(fmt.Errorf("image %s: custom: %w", j.src.Name, err), d.untag(context.WithoutCancel(ctx), j.ref))
	}
	progress(step)
	_, err = d.engine.ImageInspect(ctx, j.ref)
	if errdefs.IsNotFound(err) {
		return &CustomError{Image: j.src.Name, Ref: j.ref, Command: j.src.Custom}
	}
	if err != nil {
		return fmt.Errorf("image %s: ask docker for it: %w", j.ref, err)
	}
	return d.believe(ctx, j)
}

// commandFiles are the files of the context that the command names: they are
// inputs whatever .dockerignore says.
func (s source) commandFiles() []string {
	var keys []string
	for _, word := range s.Custom {
		path := word
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.Context, filepath.FromSlash(word))
		}
		info, err := os.Stat(path)
		if key := s.key(path); err == nil && info.Mode().IsRegular() && inside(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// believe takes the image's name away again when its inputs changed while the
// command ran: nobody knows which of them are in it.
func (d *Docker) believe(ctx context.Context, j job) error {
	now, err := j.src.Files(ctx, digest.New())
	if err == nil && j.src.sum(now) != j.in.Digest {
		err = fmt.Errorf("image %s: %w", j.src.Name, ErrInputsChanged)
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, d.untag(ctx, j.ref))
}

// untag takes an image's name away, if there is such an image.
func (d *Docker) untag(ctx context.Context, ref string) error {
	docker, ok := d.engine.(Keeper)
	if !ok {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	if _, err := docker.ImageRemove(limited, ref, image.RemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("image %s: take its name away: %w", ref, err)
	}
	return nil
}

// CustomError is a command that ended well and left no image behind.
type CustomError struct {
	// Image is the name without a tag, Ref the reference that was asked for.
	Image, Ref string
	// Command is the program and its arguments.
	Command []string
}

// Error says what is missing and what to do.
func (e *CustomError) Error() string {
	return fmt.Sprintf("image %s: the command %q ended well, but docker has no image %s; have it build and name that, as in docker build -t \"$IMAGE\" .",
		e.Image, e.Command, e.Ref)
}
