package build

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	dockerbuild "github.com/docker/docker/api/types/build"
)

// classic makes an image by the builder that every daemon since 1.13 has.
func (d *Docker) classic(ctx context.Context, j job, progress func(Step)) (Sent, error) {
	p, err := newParcel(j)
	if err != nil {
		return Sent{}, err
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
	count := &counter{r: r}
	err = d.run(ctx, j, p.dockerfile, count, progress)
	// A daemon that failed early reads no further: let the packer go.
	r.CloseWithError(errUnread)
	packErr := <-packed
	switch {
	case ctx.Err() != nil:
		return Sent{}, j.cancelled(ctx)
	case packErr != nil && !errors.Is(packErr, errUnread):
		return Sent{}, packErr
	}
	return Sent{Files: len(p.files), Bytes: count.n}, err
}

// counter counts what is read of r.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// errUnread ends a packer whose reader lost interest.
var errUnread = errors.New("docker stopped reading the context")

func (d *Docker) run(ctx context.Context, j job, dockerfile string, r io.Reader, progress func(Step)) error {
	src := j.src
	args := make(map[string]*string, len(src.Args))
	for name, value := range src.Args {
		args[name] = &value
	}
	resp, err := d.engine.ImageBuild(ctx, r, dockerbuild.ImageBuildOptions{
		Version:     dockerbuild.BuilderV1,
		Tags:        []string{j.ref},
		Dockerfile:  dockerfile,
		Target:      src.Target,
		Platform:    src.Platform,
		BuildArgs:   args,
		Labels:      src.labels(),
		Remove:      true,
		ForceRemove: true,
	})
	if errdefs.IsInvalidArgument(err) {
		// Said before the first step: the Dockerfile's form is at fault.
		return src.failure(stepState{}, strings.TrimPrefix(err.Error(), "Error response from daemon: "))
	}
	if err != nil {
		return fmt.Errorf("image %s: start the build: %w", src.Name, err)
	}
	defer resp.Body.Close()
	at, err := readBuild(resp.Body, progress)
	var told *reportedError
	if errors.As(err, &told) {
		return src.failure(at, told.message)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return src.wentAway(err)
	}
	if err != nil {
		return fmt.Errorf("image %s: read docker's answer: %w", src.Name, err)
	}
	return nil
}

// wentAway is a build whose daemon is gone.
func (s source) wentAway(err error) error {
	return fmt.Errorf("image %s: docker went away during the build: %w; was its daemon stopped? The next save builds again", s.Name, err)
}
