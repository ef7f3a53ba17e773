package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"testing"
)

// unpack reads a tar archive into a map of contents by name.
func unpack(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchiveIsConsistent(t *testing.T) {
	image := Image{Ref: "example.local/x:1", Entry: "x", Binary: []byte("binary")}
	var archive, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&archive, &again} {
		if n, err := image.WriteTo(w); err != nil || n != int64(w.Len()) {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if !bytes.Equal(archive.Bytes(), again.Bytes()) {
		t.Error("the same image has two archives")
	}
	files := unpack(t, archive.Bytes())
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest) != 1 || len(manifest[0].RepoTags) != 1 || manifest[0].RepoTags[0] != image.Ref {
		t.Fatalf("manifest %+v", manifest)
	}
	var config struct {
		Config struct{ Entrypoint []string }
		Rootfs struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(files[manifest[0].Config], &config); err != nil {
		t.Fatal(err)
	}
	layer := files[manifest[0].Layers[0]]
	if len(config.Rootfs.DiffIDs) != 1 || config.Rootfs.DiffIDs[0] != "sha256:"+digest(layer) {
		t.Errorf("layer ids %q, want the digest of the layer", config.Rootfs.DiffIDs)
	}
	if got := unpack(t, layer)["x"]; string(got) != "binary" {
		t.Errorf("the layer's file is %q", got)
	}
	if len(config.Config.Entrypoint) != 1 || config.Config.Entrypoint[0] != "/x" {
		t.Errorf("entry point %q", config.Config.Entrypoint)
	}
}
