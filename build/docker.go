package build

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// Engine is what building needs of a docker daemon. *client.Client is one.
type Engine interface {
	ImageBuild(ctx context.Context, context io.Reader, o dockerbuild.ImageBuildOptions) (dockerbuild.ImageBuildResponse, error)
	ImageInspect(ctx context.Context, ref string, o ...client.ImageInspectOption) (image.InspectResponse, error)
}

var _ Engine = (*client.Client)(nil)

// Step is one line of a build's progress: "[2/5] COPY . ." when an instruction
// begins, "cached" when it needed no work, else what the instruction printed.
type Step struct{ Text string }

// Image is the outcome of a build.
type Image struct {
	// Ref is name and tag, ID the daemon's digest of the image ("sha256:...").
	Ref, ID string
	// Built is false when the daemon had the image already.
	Built bool
	Took  time.Duration
}

// Docker builds images by the classic builder of a docker daemon, which every
// daemon since 1.13 has. The same inputs give the same layers, except that a
// folder which the daemon itself makes as a destination (COPY a /new/a) carries
// the time of the build. It is safe for concurrent use.
type Docker struct{ engine Engine }

// NewDocker returns a builder on the daemon behind engine.
func NewDocker(engine Engine) *Docker { return &Docker{engine: engine} }

// Build makes the image of the inputs, unless the daemon has their tag. progress
// may be nil; it is called from one goroutine at a time.
//
// A Dockerfile that does not build gives a *BuildError. A file that is no longer
// what in says gives an error that wraps ErrInputsChanged, and no tag. When ctx
// ends, the daemon ends the build too, and the error wraps ctx's.
func (d *Docker) Build(ctx context.Context, s Spec, in Inputs, progress func(Step)) (Image, error) {
	start := time.Now()
	img := Image{Ref: s.Ref(in)}
	src, err := s.source()
	if err != nil {
		return img, err
	}
	info, err := d.engine.ImageInspect(ctx, img.Ref)
	if err == nil {
		img.ID, img.Took = info.ID, time.Since(start)
		return img, nil
	}
	if !errdefs.IsNotFound(err) {
		return img, fmt.Errorf("image %s: ask docker for it: %w", img.Ref, err)
	}
	img.ID, err = d.build(ctx, src, in, img.Ref, progress)
	if err != nil {
		return img, err
	}
	img.Built, img.Took = true, time.Since(start)
	return img, nil
}

func (d *Docker) build(ctx context.Context, src source, in Inputs, ref string, progress func(Step)) (string, error) {
	p, err := newParcel(src, in)
	if err != nil {
		return "", err
	}
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		buf := bufio.NewWriterSize(w, 256<<10)
		err := p.write(ctx, buf)
		if err == nil {
			err = buf.Flush()
		}
		w.CloseWithError(err)
		packed <- err
	}()
	id, err := d.run(ctx, src, p.dockerfile, ref, r, progress)
	// A daemon that failed early reads no further: let the packer go.
	r.CloseWithError(errUnread)
	packErr := <-packed
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("image %s: build cancelled: %w", src.Name, context.Cause(ctx))
	case packErr != nil && !errors.Is(packErr, errUnread):
		return "", packErr
	}
	return id, err
}

// errUnread ends a packer whose reader lost interest.
var errUnread = errors.New("docker stopped reading the context")

func (d *Docker) run(ctx context.Context, src source, dockerfile, ref string, r io.Reader, progress func(Step)) (string, error) {
	args := make(map[string]*string, len(src.Args))
	for name, value := range src.Args {
		args[name] = &value
	}
	resp, err := d.engine.ImageBuild(ctx, r, dockerbuild.ImageBuildOptions{
		Version:     dockerbuild.BuilderV1,
		Tags:        []string{ref},
		Dockerfile:  dockerfile,
		Target:      src.Target,
		Platform:    src.Platform,
		BuildArgs:   args,
		Remove:      true,
		ForceRemove: true,
	})
	if errdefs.IsInvalidArgument(err) {
		// Said before the first step: the Dockerfile's form is at fault.
		return "", src.failure(stepState{}, strings.TrimPrefix(err.Error(), "Error response from daemon: "))
	}
	if err != nil {
		return "", fmt.Errorf("image %s: start the build: %w", src.Name, err)
	}
	defer resp.Body.Close()
	id, at, err := readBuild(resp.Body, progress)
	var told *reportedError
	if errors.As(err, &told) {
		return "", src.failure(at, told.message)
	}
	if err != nil {
		return "", fmt.Errorf("image %s: read docker's answer: %w", src.Name, err)
	}
	return id, nil
}
