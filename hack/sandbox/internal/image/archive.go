package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
)

// Image is an image of one file, which is its entry point.
type Image struct {
	// Ref is the image's reference with its tag.
	Ref string
	// Entry is the file's name in the root directory of the image.
	Entry string
	// Binary is the file's content: a static binary for this machine.
	Binary []byte
}

// WriteTo writes the image in the form of `docker save`
// (https://github.com/moby/docker-image-spec, v1.2), which docker, containerd
// and podman load.
func (i Image) WriteTo(w io.Writer) (int64, error) {
	archive, err := i.bytes()
	if err != nil {
		return 0, fmt.Errorf("packing the image %s: %w", i.Ref, err)
	}
	n, err := w.Write(archive)
	return int64(n), err
}

func (i Image) bytes() ([]byte, error) {
	layer, err := pack(file{name: i.Entry, mode: 0o755, data: i.Binary})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/" + i.Entry}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return nil, err
	}
	name := digest(config) + ".json"
	manifest, err := json.Marshal([]any{map[string]any{
		"Config": name, "RepoTags": []string{i.Ref}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	return pack(
		file{name: name, mode: 0o644, data: config},
		file{name: "layer.tar", mode: 0o644, data: layer},
		file{name: "manifest.json", mode: 0o644, data: manifest},
	)
}

type file struct {
	name string
	mode int64
	data []byte
}

func pack(files ...file) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
