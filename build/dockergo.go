package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// loader is what images that are not built by docker need of its daemon.
// *client.Client is one.
type loader interface {
	exporter
	ImageLoad(ctx context.Context, tar io.Reader, o ...client.ImageLoadOption) (image.LoadResponse, error)
	ImageTag(ctx context.Context, from, to string) error
	ServerVersion(ctx context.Context) (types.Version, error)
}

var _ loader = (*client.Client)(nil)

// contentRef is the reference of an image by what is in it, not by what it was
// made from: sources that give the same program give the same reference, and no
// pod restarts.
func contentRef(name, id string) string {
	return name + ":" + Inputs{Digest: trimAlgorithm(id)}.Tag()
}

// goBuilt finds the image that the inputs were built to before: by is the tag
// that stands for the inputs. ok is false when there is none.
func (d *Docker) goBuilt(ctx context.Context, s Spec, by string) (img Image, ok bool, err error) {
	info, err := d.engine.ImageInspect(ctx, by)
	if errdefs.IsNotFound(err) {
		return Image{Ref: by}, false, nil
	}
	if err != nil {
		return Image{Ref: by}, false, fmt.Errorf("image %s: ask docker for it: %w", by, err)
	}
	return Image{Ref: contentRef(s.Name, info.ID), ID: info.ID}, true, nil
}

// buildGo makes the image of a Go program, unless docker has that of the inputs.
func (d *Docker) buildGo(ctx context.Context, j job, progress func(Step)) (Image, error) {
	start := time.Now()
	docker, ok := d.engine.(loader)
	if !ok {
		return Image{Ref: j.ref}, fmt.Errorf("image %s: this docker client cannot load images", j.src.Name)
	}
	img, there, err := d.goBuilt(ctx, j.src.Spec, j.ref)
	if err != nil {
		return img, err
	}
	if !there {
		if err := d.compileAndLoad(ctx, docker, j, progress); err != nil {
			return img, err
		}
		if img, there, err = d.goBuilt(ctx, j.src.Spec, j.ref); err != nil || !there {
			return img, errors.Join(err, fmt.Errorf("image %s: docker took it and does not have it", j.ref))
		}
		img.Built = true
	}
	if err := docker.ImageTag(ctx, j.ref, img.Ref); err != nil {
		return img, fmt.Errorf("image %s: name it %s: %w", j.ref, img.Ref, err)
	}
	img.Took = time.Since(start)
	return img, nil
}

func (d *Docker) compileAndLoad(ctx context.Context, docker loader, j job, progress func(Step)) error {
	release, err := d.slot(ctx, j)
	if err != nil {
		return err
	}
	defer release()
	version, err := docker.ServerVersion(ctx)
	if err != nil {
		return fmt.Errorf("image %s: ask docker for its platform: %w", j.src.Name, err)
	}
	if _, arch, _ := j.src.platform(); j.src.Platform == "" && version.Arch != arch {
		return fmt.Errorf("image %s: docker runs on %s/%s and this machine on %s; say which to build for, as in platform: %s/%s",
			j.src.Name, version.Os, version.Arch, arch, version.Os, version.Arch)
	}
	dir, err := os.MkdirTemp("", "devloop-go-")
	if err != nil {
		return fmt.Errorf("image %s: %w", j.src.Name, err)
	}
	defer os.RemoveAll(dir)
	to := filepath.Join(dir, j.src.program())
	if err := j.src.compile(ctx, j.in, to, progress); err != nil {
		return err
	}
	program, err := os.ReadFile(to)
	if err != nil {
		return fmt.Errorf("image %s: %w", j.src.Name, err)
	}
	base, err := d.goBase(ctx, docker, j.src, dir)
	if err != nil {
		return err
	}
	made, err := j.src.goImage(program, base)
	if err != nil {
		return fmt.Errorf("image %s: %w", j.src.Name, err)
	}
	if err := loadImage(ctx, docker, j.ref, made); err != nil {
		return fmt.Errorf("image %s: load it into docker: %w", j.src.Name, err)
	}
	return nil
}

// loadImage gives docker an image under a reference.
func loadImage(ctx context.Context, docker loader, ref string, img v1.Image) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := tarball.Write(tag, img, w)
		w.CloseWithError(err)
		packed <- err
	}()
	resp, err := docker.ImageLoad(ctx, r, client.ImageLoadWithQuiet(true))
	r.CloseWithError(errUnread) // lets the packer go
	packErr := <-packed
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for said := json.NewDecoder(resp.Body); ; {
		var m jsonmessage.JSONMessage
		err := said.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			if errors.Is(packErr, errUnread) {
				return nil // docker needs no end of an archive
			}
			return packErr
		case err != nil:
			return fmt.Errorf("read docker's answer: %w", err)
		case m.Error != nil:
			return m.Error
		}
	}
}
