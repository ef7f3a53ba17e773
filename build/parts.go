package build

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// unpacker is a daemon that images are taken from in parts.
type unpacker interface {
	exporter
	ImageInspect(ctx context.Context, ref string, o ...client.ImageInspectOption) (image.InspectResponse, error)
}

// parts is an image on its way out of docker, as an OCI image layout without the
// blobs that the receiver has.
//
// Docker itself packs all layers, whatever is asked for: those left out are read
// from it and thrown away as they pass. From version 25 its archives name each blob
// by its digest; older ones name a layer's folder by an id, see oldLayers.
type parts struct {
	ref    string
	layers []digest.Digest
	has    func(digest.Digest) (bool, error)

	out     *tar.Writer
	skipped int

	// Of an archive of an older docker.
	old    *oldLayers
	sizes  map[digest.Digest]int64
	config []byte
	modern bool // it needs no manifest of ours
}

// sendParts writes the parts of an image of docker's that has does not have.
// skipped is how many it left out.
func sendParts(ctx context.Context, docker unpacker, ref string, has func(digest.Digest) (bool, error), to io.Writer) (skipped int, err error) {
	info, err := docker.ImageInspect(ctx, ref)
	if err != nil {
		return 0, fmt.Errorf("take %s out of docker: %w", ref, err)
	}
	p := &parts{ref: ref, has: has, out: tar.NewWriter(to), sizes: map[digest.Digest]int64{}}
	for _, layer := range info.RootFS.Layers {
		p.layers = append(p.layers, digest.Digest(layer))
	}
	p.old = newOldLayers(p.layers)
	saved, err := docker.ImageSave(ctx, []string{ref})
	if err != nil {
		return 0, fmt.Errorf("take %s out of docker: %w", ref, err)
	}
	defer saved.Close()
	if err := p.repack(tar.NewReader(saved)); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return p.skipped, fmt.Errorf("take %s out of docker: %w", ref, err)
	}
	return p.skipped, nil
}

func (p *parts) repack(saved *tar.Reader) error {
	for {
		h, err := saved.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && h.Typeflag == tar.TypeReg {
			err = p.entry(h, saved)
		}
		if err != nil {
			return err
		}
	}
	if !p.modern {
		if err := p.describe(); err != nil {
			return err
		}
	}
	return p.out.Close()
}

// entry passes one file on, or does not.
func (p *parts) entry(h *tar.Header, text io.Reader) error {
	dir, base := path.Split(path.Clean(h.Name))
	switch {
	case base == "manifest.json":
		return nil // of docker's own layout; ours is an OCI layout
	case base == ocispec.ImageLayoutFile || base == ocispec.ImageIndexFile:
		p.modern = true
		return p.copy(h, text)
	case strings.HasPrefix(dir, ocispec.ImageBlobsDir+"/"):
		return p.blob(digest.NewDigestFromEncoded(digest.Algorithm(path.Base(dir)), base), h, text)
	case base == "json":
		folder, err := io.ReadAll(text)
		if err != nil {
			return err
		}
		return p.old.note(strings.TrimSuffix(dir, "/"), folder)
	case strings.HasSuffix(base, ".tar"):
		return p.layer(h, text)
	case strings.HasSuffix(base, ".json"):
		var err error
		p.config, err = io.ReadAll(text)
		return err
	}
	return nil
}

// layer passes on a layer whose name is no digest, unless it is one that the
// receiver has. One whose digest is known only at its end is always passed on.
func (p *parts) layer(h *tar.Header, text io.Reader) error {
	if layer, known := p.old.of[path.Dir(path.Clean(h.Name))]; known {
		p.sizes[layer] = h.Size
		return p.blob(layer, h, text)
	}
	sum := digest.Canonical.Digester()
	err := p.copy(&tar.Header{Name: h.Name, Size: h.Size, Mode: 0o644}, io.TeeReader(text, sum.Hash()))
	p.sizes[sum.Digest()] = h.Size
	return err
}

func (p *parts) blob(d digest.Digest, h *tar.Header, text io.Reader) error {
	there, err := p.has(d)
	if err != nil {
		return err
	}
	if there {
		p.skipped++
		return nil
	}
	return p.copy(&tar.Header{Name: blobName(d), Size: h.Size, Mode: 0o644}, text)
}

func (p *parts) copy(h *tar.Header, text io.Reader) error {
	if err := p.out.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(p.out, text)
	return err
}

func (p *parts) text(name string, text []byte) error {
	return p.copy(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}, strings.NewReader(string(text)))
}

// describe writes what makes an OCI layout of the blobs.
func (p *parts) describe() error {
	if p.config == nil {
		return errors.New("docker's archive has no image")
	}
	name, err := Canonical(p.ref)
	if err != nil {
		return err
	}
	// Docker's types, by which its images are stored when they are brought whole.
	m := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: images.MediaTypeDockerSchema2Manifest,
		Config:    described(images.MediaTypeDockerSchema2Config, p.config),
	}
	for _, layer := range p.layers {
		size, ok := p.sizes[layer]
		if !ok {
			return fmt.Errorf("docker's archive has no layer %s", layer)
		}
		m.Layers = append(m.Layers, ocispec.Descriptor{MediaType: images.MediaTypeDockerSchema2Layer, Digest: layer, Size: size})
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		return err
	}
	d := described(m.MediaType, manifest)
	d.Annotations = map[string]string{images.AnnotationImageName: name, ocispec.AnnotationRefName: name[strings.LastIndexByte(name, ':')+1:]}
	index, err := json.Marshal(ocispec.Index{
		Versioned: m.Versioned, MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{d},
	})
	if err != nil {
		return err
	}
	layout, err := json.Marshal(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	if err != nil {
		return err
	}
	return errors.Join(
		p.text(blobName(m.Config.Digest), p.config), p.text(blobName(d.Digest), manifest),
		p.text(ocispec.ImageIndexFile, index), p.text(ocispec.ImageLayoutFile, layout))
}

func described(mediaType string, text []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(text), Size: int64(len(text))}
}

func blobName(d digest.Digest) string {
	return path.Join(ocispec.ImageBlobsDir, d.Algorithm().String(), d.Encoded())
}
