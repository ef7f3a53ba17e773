package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// goBase is the image that a program's layer goes on; nil for scratch. It is
// docker's, or else that of its registry, for which docker's credentials are used.
// Files go to dir, which must last as long as the image.
func (d *Docker) goBase(ctx context.Context, docker exporter, s source, dir string) (v1.Image, error) {
	ref := s.Go.base()
	if ref == "" {
		return nil, nil
	}
	if ours := s.Bases[short(ref)]; ours != "" {
		ref = ours
	}
	_, err := d.engine.ImageInspect(ctx, ref)
	switch {
	case errdefs.IsNotFound(err):
		return s.remoteBase(ctx, ref)
	case err != nil:
		return nil, fmt.Errorf("image %s: base %s: %w", s.Name, ref, err)
	}
	img, err := savedImage(ctx, docker, ref, dir)
	if err != nil {
		return nil, fmt.Errorf("image %s: base %s: %w", s.Name, ref, err)
	}
	return img, nil
}

func (s source) remoteBase(ctx context.Context, ref string) (v1.Image, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("image %s: base: %w", s.Name, err)
	}
	system, arch, variant := s.platform()
	img, err := remote.Image(parsed, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithPlatform(v1.Platform{OS: system, Architecture: arch, Variant: variant}))
	if err != nil {
		return nil, fmt.Errorf("image %s: base %s is neither in docker nor to be had from its registry: %w", s.Name, ref, err)
	}
	return img, nil
}

// savedImage is an image of the docker daemon, by way of a file in dir.
func savedImage(ctx context.Context, docker exporter, ref, dir string) (v1.Image, error) {
	saved, err := docker.ImageSave(ctx, []string{ref})
	if err != nil {
		return nil, fmt.Errorf("take it out of docker: %w", err)
	}
	defer saved.Close()
	path := filepath.Join(dir, "image.tar")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, saved)
	if end := f.Close(); err == nil {
		err = end
	}
	if err != nil {
		return nil, fmt.Errorf("take it out of docker: %w", err)
	}
	return tarball.ImageFromPath(path, nil)
}

// trimAlgorithm is a digest without what it was made by.
func trimAlgorithm(id string) string { return strings.TrimPrefix(id, "sha256:") }
