package filesync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types/task"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"golang.org/x/sys/unix"
)

// containerdWay leads by way of the first process of a container, which runs on
// this machine. Nothing is asked of the image.
type containerdWay struct{ client *containerd.Client }

func containerdWays(client *containerd.Client) []way { return []way{&containerdWay{client}} }

func (w *containerdWay) String() string { return "the container's files on this machine" }

func (w *containerdWay) write(ctx context.Context, c Container, files []file) error {
	root, err := w.root(ctx, c)
	if err != nil {
		return err
	}
	defer root.close()
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := root.hold(f); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return nil
}

func (w *containerdWay) signal(ctx context.Context, c Container, name string) error {
	_, err := w.client.TaskService().Kill(ctx, &tasks.KillRequest{ContainerID: c.ID, Signal: uint32(unix.SignalNum("SIG" + name))})
	return errgrpc.ToNative(err)
}

// root opens the root of a container's files. The process is asked for before and
// after: its number may have become another one's meanwhile.
func (w *containerdWay) root(ctx context.Context, c Container) (*root, error) {
	pid, err := w.pid(ctx, c)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/proc/%d/root", pid)
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("%w: open %s: %w", errNoWay, path, err)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	r := &root{fd}
	var here, there unix.Stat_t
	if err := errors.Join(unix.Stat("/proc/self/ns/mnt", &here), unix.Stat(fmt.Sprintf("/proc/%d/ns/mnt", pid), &there)); err != nil {
		r.close()
		return nil, fmt.Errorf("%w: %w", errNoWay, err)
	}
	if here.Ino == there.Ino {
		r.close()
		return nil, fmt.Errorf("%w: its files are those of this machine", errNoWay)
	}
	if now, err := w.pid(ctx, c); err != nil || now != pid {
		r.close()
		return nil, errors.Join(err, fmt.Errorf("process %d has ended: %w", pid, os.ErrProcessDone))
	}
	return r, nil
}

func (w *containerdWay) pid(ctx context.Context, c Container) (uint32, error) {
	got, err := w.client.TaskService().Get(ctx, &tasks.GetRequest{ContainerID: c.ID})
	if err != nil {
		return 0, fmt.Errorf("find its process: %w", errgrpc.ToNative(err))
	}
	if got.Process.Status != task.Status_RUNNING || got.Process.Pid == 0 {
		return 0, fmt.Errorf("its process is %s: %w", got.Process.Status, syscall.ESRCH)
	}
	return got.Process.Pid, nil
}
