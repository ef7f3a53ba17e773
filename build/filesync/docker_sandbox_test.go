//go:build sandbox

package filesync

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	gopath "path"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/devloop-dev/devloop/build"
)

// The way through a docker daemon, on a real one. That it is a cluster's own is
// what cannot run here.
func TestDockerWay(t *testing.T) {
	docker, err := build.Connect(t.Context(), build.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	for _, h := range []tar.Header{
		{Name: "srv/web/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 12, Gid: 34},
		{Name: "srv/web/a", Typeflag: tar.TypeReg, Mode: 0o644, Uid: 56, Gid: 78, Size: 1},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = w.Write([]byte("1"))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const name = "filesync-test:docker"
	said, err := docker.ImageImport(t.Context(), image.ImportSource{Source: &files, SourceName: "-"}, name, image.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, said); err != nil {
		t.Fatal(err)
	}
	said.Close()
	clean := context.WithoutCancel(t.Context())
	made, err := docker.ContainerCreate(t.Context(), &container.Config{Image: name, Cmd: []string{"/none"}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(docker.ContainerRemove(clean, made.ID, container.RemoveOptions{Force: true}), remove(clean, docker, name)); err != nil {
			t.Error(err)
		}
	})

	way := &dockerWay{api: docker}
	c := Container{Name: "web", ID: made.ID}
	err = way.write(t.Context(), c, []file{
		{path: "/srv/web/a", below: "/srv/web", sum: "1", mode: 0o755, data: []byte("two")},
		{path: "/srv/web/new/größe \xff", below: "/srv/web", sum: "1", mode: 0o600, data: []byte("new")},
		{path: "/srv/web/link", below: "/srv/web", sum: "1", link: "a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		text, link string
		uid        int
		mode       int64
	}{
		"/srv/web/a":              {"two", "", 56, 0o755},
		"/srv/web/new/größe \xff": {"new", "", 12, 0o600},
		"/srv/web/link":           {"", "a", 12, 0o777},
	} {
		// The folder is asked for, as the daemon's API takes no names of any bytes.
		content, _, err := docker.CopyFromContainer(t.Context(), made.ID, gopath.Dir(path))
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		r := tar.NewReader(content)
		h, err := r.Next()
		for err == nil && gopath.Base(h.Name) != gopath.Base(path) {
			h, err = r.Next()
		}
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		text, err := io.ReadAll(r)
		content.Close()
		if err != nil || string(text) != want.text || h.Linkname != want.link || h.Uid != want.uid || h.Mode&0o777 != want.mode {
			t.Errorf("%q: %q, link %q, owner %d, mode %o (%v); want %+v", path, text, h.Linkname, h.Uid, h.Mode, err, want)
		}
	}
	if err := way.write(t.Context(), c, []file{{path: "/srv/web/a", below: "/srv/web"}}); !errors.Is(err, errNoWay) {
		t.Errorf("a removal gives %v, want another way to be tried", err)
	}
}

func remove(ctx context.Context, docker interface {
	ImageRemove(ctx context.Context, id string, o image.RemoveOptions) ([]image.DeleteResponse, error)
}, name string) error {
	_, err := docker.ImageRemove(ctx, name, image.RemoveOptions{Force: true})
	return err
}
