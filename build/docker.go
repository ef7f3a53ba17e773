package build

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// Engine is what building needs of a docker daemon. *client.Client is one.
type Engine interface {
	Ping(ctx context.Context) (types.Ping, error)
	ImageInspect(ctx context.Context, ref string, o ...client.ImageInspectOption) (image.InspectResponse, error)
	// DialHijack is the way to the daemon's BuildKit.
	DialHijack(ctx context.Context, url, proto string, meta map[string][]string) (net.Conn, error)
	// ImageBuild is the way to its classic builder.
	ImageBuild(ctx context.Context, context io.Reader, o dockerbuild.ImageBuildOptions) (dockerbuild.ImageBuildResponse, error)
}

var _ Engine = (*client.Client)(nil)

// Image is the outcome of a build.
type Image struct {
	// Ref is name and tag, ID the daemon's digest of the image ("sha256:...").
	Ref, ID string
	// Built is false when the daemon had the image already.
	Built bool
	Took  time.Duration
	// Sent is what the daemon lacked of the context.
	Sent Sent
}

// Docker builds images in a docker daemon: by its BuildKit where it has one,
// which is sent the files alone that it does not have from the last build, else by
// the classic builder, which is sent the whole context each time and knows neither
// secrets nor mounts. It is safe for concurrent use.
//
// The same inputs give the same layers for as long as the daemon keeps its cache.
// Without it, files have their own times (classic builder: none), or that of the
// argument SOURCE_DATE_EPOCH, and folders have that of the build.
//
// Twice as many builds are under way at once as this machine has processors, at
// least eight, since builds wait much; others wait for their turn.
type Docker struct {
	engine Engine
	slots  chan struct{}
	naming Naming
}

// NewDocker returns a builder on the daemon behind engine.
func NewDocker(engine Engine) *Docker {
	return &Docker{engine: engine, slots: make(chan struct{}, max(8, 2*runtime.GOMAXPROCS(0)))}
}

// job is one image to make.
type job struct {
	src source
	in  Inputs
	ref string
}

// Ref is the reference that these inputs are built to. Where an image that they
// are built on (FROM) is in the daemon, its id is part of it: when another one is
// pulled under the same name, the reference is another. What is not in the daemon
// counts by its name.
//
// That of a Go program follows the program: as long as it was not built, it is one
// of its sources, which no other reference is the same as.
func (d *Docker) Ref(ctx context.Context, s Spec, in Inputs) (string, error) {
	s = d.naming.of(s)
	ref, err := d.ref(ctx, s, in)
	if err != nil || s.Go == nil {
		return ref, err
	}
	img, _, err := d.goBuilt(ctx, s, ref)
	return img.Ref, err
}

// ref is the reference that stands for the inputs.
func (d *Docker) ref(ctx context.Context, s Spec, in Inputs) (string, error) {
	bases, err := s.BasesOf()
	if err != nil {
		return s.Ref(in), nil // the build will tell, with the line
	}
	ids := map[string]string{}
	for _, base := range bases {
		if _, ours := s.Bases[base.Name]; ours {
			continue
		}
		info, err := d.engine.ImageInspect(ctx, base.Name)
		if errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("image %s: ask docker for %s: %w", s.Name, base.Name, err)
		}
		ids[base.Name] = info.ID
	}
	if len(ids) == 0 {
		return s.Ref(in), nil
	}
	// The classic builder pulls into the daemon: the same build would then have
	// another reference the next time.
	modern, err := d.hasBuildKit(ctx)
	if err != nil || !modern && s.Go == nil {
		return s.Ref(in), err
	}
	return s.refOn(in, ids), nil
}

// Build makes the image of the inputs, unless the daemon has their tag. progress
// may be nil; it is called from one goroutine at a time.
//
// A Dockerfile that does not build gives a *BuildError. A file that is no longer
// what in says gives an error that wraps ErrInputsChanged, and no tag. When ctx
// ends, the daemon ends the build too, and the error wraps ctx's.
func (d *Docker) Build(ctx context.Context, s Spec, in Inputs, progress func(Step)) (Image, error) {
	start := time.Now()
	s = d.naming.of(s)
	if progress == nil {
		progress = func(Step) {}
	}
	src, err := s.source()
	if err != nil {
		return Image{Ref: s.Ref(in)}, err
	}
	ref, err := d.ref(ctx, s, in)
	if err != nil {
		return Image{Ref: s.Ref(in)}, err
	}
	if s.Go != nil {
		return d.buildGo(ctx, job{src, in, ref}, progress)
	}
	img := Image{Ref: ref}
	info, err := d.engine.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		img.Built = true
		img.Sent, err = d.make(ctx, job{src, in, ref}, progress)
		if err != nil {
			return img, err
		}
		info, err = d.engine.ImageInspect(ctx, ref)
	}
	if err != nil {
		return img, fmt.Errorf("image %s: ask docker for it: %w", ref, err)
	}
	img.ID, img.Took = info.ID, time.Since(start)
	return img, nil
}

// make builds by whichever builder the daemon has.
func (d *Docker) make(ctx context.Context, j job, progress func(Step)) (Sent, error) {
	release, err := d.slot(ctx, j)
	if err != nil {
		return Sent{}, err
	}
	defer release()
	if len(j.src.Custom) > 0 {
		return Sent{}, d.custom(ctx, j, progress)
	}
	modern, err := d.hasBuildKit(ctx)
	if err != nil {
		return Sent{}, fmt.Errorf("image %s: ask docker for its builder: %w", j.src.Name, err)
	}
	if modern {
		return d.solve(ctx, j, progress)
	}
	if len(j.src.Secrets)+len(j.src.SSH) > 0 {
		return Sent{}, fmt.Errorf("image %s: secrets and ssh need BuildKit, which this docker daemon does not have", j.src.Name)
	}
	progress(Step{State: StepPrinted, Output: "this docker daemon has no BuildKit: its classic builder is sent the whole context"})
	return d.classic(ctx, j, progress)
}

// slot waits for a build's turn; release ends it.
func (d *Docker) slot(ctx context.Context, j job) (release func(), err error) {
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-ctx.Done():
		return nil, j.cancelled(ctx)
	}
}

// cancelled is a build that ended because ctx did.
func (j job) cancelled(ctx context.Context) error {
	return fmt.Errorf("image %s: build cancelled: %w", j.src.Name, context.Cause(ctx))
}

// hasBuildKit asks the daemon for the builder it prefers.
func (d *Docker) hasBuildKit(ctx context.Context) (bool, error) {
	ping, err := d.engine.Ping(ctx)
	return ping.BuilderVersion == dockerbuild.BuilderBuildKit, err
}
