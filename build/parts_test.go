package build

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// randomImage has three layers, not compressed.
func randomImage(t *testing.T) v1.Image {
	t.Helper()
	img := v1.Image(empty.Image)
	for range 3 {
		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		text := rand.Text()
		err := w.WriteHeader(&tar.Header{Name: text, Size: int64(len(text)), Mode: 0o644})
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err == nil {
			err = w.Close()
		}
		if err == nil {
			img, err = mutate.AppendLayers(img, static.NewLayer(layer.Bytes(), types.DockerUncompressedLayer))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// layersOf are the digests of an image's layers.
func layersOf(t *testing.T, img v1.Image) []string {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var layers []string
	for _, l := range config.RootFS.DiffIDs {
		layers = append(layers, l.String())
	}
	return layers
}

func inspected(t *testing.T, img v1.Image) (info image.InspectResponse) {
	info.RootFS.Layers = layersOf(t, img)
	return info
}

// archived is an archive of files, name and text in turn.
func archived(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for f := range slices.Chunk(files, 2) {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// uncompressed are the layers of an image.
func uncompressed(t *testing.T, img v1.Image) (texts [][]byte) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// modernArchive is what docker saves of an image from version 25 on; the docker of
// these tests is older.
func modernArchive(t *testing.T, ref string, img v1.Image) []byte {
	t.Helper()
	var blobs []string
	for _, text := range uncompressed(t, img) {
		blobs = append(blobs, string(text))
	}
	config, err := img.RawConfigFile()
	manifest, more := img.RawManifest()
	if err = errors.Join(err, more); err != nil {
		t.Fatal(err)
	}
	name, err := Canonical(ref)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, b := range append(blobs, string(config), string(manifest)) {
		files = append(files, fmt.Sprintf("blobs/sha256/%x", sha256.Sum256([]byte(b))), b)
	}
	kind, err := img.MediaType()
	if err != nil {
		t.Fatal(err)
	}
	index := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":%q,"digest":"sha256:%x","size":%d,"annotations":{"io.containerd.image.name":%q}}]}`,
		kind, sha256.Sum256(manifest), len(manifest), name)
	return archived(t, append(files, "index.json", index, "manifest.json", "[]", "oci-layout", `{"imageLayoutVersion":"1.0.0"}`, "repositories", "{}")...)
}

// digests are those of all blobs of an image, sorted.
func digests(t *testing.T, img v1.Image) []string {
	t.Helper()
	config, err := img.ConfigName()
	manifest, more := img.Digest()
	if err = errors.Join(err, more); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(slices.Values(append(layersOf(t, img), config.String(), manifest.String())))
}

// blobsOf are the digests of the blobs in an OCI image layout, sorted, each checked.
func blobsOf(t *testing.T, layout string) []string {
	t.Helper()
	var found []string
	files := untar(t, strings.NewReader(layout))
	if !json.Valid([]byte(files["index.json"])) || files["oci-layout"] == "" {
		t.Errorf("no OCI image layout, but %q", names(files))
	}
	for name, text := range files {
		if hex, ok := strings.CutPrefix(name, "blobs/sha256/"); ok {
			if fmt.Sprintf("%x", sha256.Sum256([]byte(text))) != hex {
				t.Errorf("%s has other content", name)
			}
			found = append(found, "sha256:"+hex)
		}
	}
	slices.Sort(found)
	return found
}

func untar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			files[h.Name] = string(text)
		}
	}
}
