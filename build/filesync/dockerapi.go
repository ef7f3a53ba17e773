package filesync

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// dockerAPI is what copying needs of a docker daemon.
type dockerAPI interface {
	CopyToContainer(ctx context.Context, id, folder string, content io.Reader, o container.CopyToContainerOptions) error
	CopyFromContainer(ctx context.Context, id, path string) (io.ReadCloser, container.PathStat, error)
	ContainerKill(ctx context.Context, id, signal string) error
}

// dockerWay leads through the daemon that the kubelet starts containers in.
// Nothing is asked of the image as long as no file is removed: the daemon only
// writes. It writes into place, so a reader may meet half a file.
type dockerWay struct{ api dockerAPI }

func (w *dockerWay) String() string { return "docker's copy into the container" }

func (w *dockerWay) write(ctx context.Context, c Container, files []file) error {
	var out bytes.Buffer
	all := tar.NewWriter(&out)
	owners := map[string]tar.Header{}
	for _, f := range files {
		if f.gone() {
			return fmt.Errorf("%w: docker removes no files", errNoWay)
		}
		like, err := w.owner(ctx, c, f.path, owners)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: strings.TrimPrefix(f.path, "/"), Typeflag: tar.TypeReg, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)),
			Uid: like.Uid, Gid: like.Gid, Format: tar.FormatGNU}
		if f.link != "" {
			h.Typeflag, h.Linkname, h.Size, h.Mode = tar.TypeSymlink, f.link, 0, 0o777
		}
		_ = all.WriteHeader(h) // into memory
		_, _ = all.Write(f.data)
	}
	_ = all.Close()
	if err := w.api.CopyToContainer(ctx, c.ID, "/", &out, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	return nil
}

func (w *dockerWay) signal(ctx context.Context, c Container, name string) error {
	if err := w.api.ContainerKill(ctx, c.ID, "SIG"+name); err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	return nil
}

// owner finds who owns what is at a path, else the next folder above that is
// there. Docker tells it by the begin of a tar.
func (w *dockerWay) owner(ctx context.Context, c Container, at string, known map[string]tar.Header) (tar.Header, error) {
	for ; ; at = path.Dir(at) {
		if h, ok := known[at]; ok {
			return h, nil
		}
		content, _, err := w.api.CopyFromContainer(ctx, c.ID, at)
		if errdefs.IsNotFound(err) && at != "/" {
			continue
		}
		if err != nil {
			return tar.Header{}, fmt.Errorf("docker: %w", err)
		}
		h, err := tar.NewReader(content).Next()
		if errors.Is(err, io.EOF) && at != "/" { // what the daemon makes of a name that is no text
			content.Close()
			continue
		}
		if err := errors.Join(err, content.Close()); err != nil {
			return tar.Header{}, fmt.Errorf("docker: read the owner of %s: %w", at, err)
		}
		known[at] = *h
		return *h, nil
	}
}
