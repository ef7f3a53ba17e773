package filesync

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// root is the root of a container's files. Links in there never lead out of it:
// each path is resolved by the kernel as if root were all there is.
type root struct{ fd int }

func (r *root) close() { unix.Close(r.fd) }

// hold has a file be in the container as it is to be, or not be there.
func (r *root) hold(f file) error {
	dir, err := r.folder(path.Dir(f.path), !f.gone())
	if errors.Is(err, fs.ErrNotExist) && f.gone() {
		return r.prune(f)
	}
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if !f.gone() {
		return put(dir, path.Base(f.path), f)
	}
	err = unix.Unlinkat(dir, path.Base(f.path), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EISDIR) {
		return fmt.Errorf("remove: %w", err)
	}
	return r.prune(f)
}

// prune removes the folders above a file that is gone which are gone, too, but
// for those that hold anything else.
func (r *root) prune(f file) error {
	gone := path.Dir(f.path)
	for range f.prune {
		dir, err := r.folder(path.Dir(gone), false)
		if err == nil {
			err = unix.Unlinkat(dir, path.Base(gone), unix.AT_REMOVEDIR)
			unix.Close(dir)
		}
		switch {
		case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOTDIR):
			return nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("remove folder %s: %w", gone, err)
		}
		gone = path.Dir(gone)
	}
	return nil
}

// folder opens a folder; with make, those that are missing are made, with the
// owner of the one they are in.
func (r *root) folder(name string, make bool) (fd int, err error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	below := strings.TrimPrefix(name, "/")
	if below == "" {
		below = "."
	}
	fd, err = unix.Openat2(r.fd, below, &how)
	switch {
	case errors.Is(err, unix.ENOSYS):
		return -1, fmt.Errorf("%w: this kernel is too old", errNoWay)
	case err == nil:
		return fd, nil
	case !make || !errors.Is(err, fs.ErrNotExist) || below == ".":
		return -1, fmt.Errorf("open folder %s: %w", name, err)
	}
	in, err := r.folder(path.Dir(name), true)
	if err != nil {
		return -1, err
	}
	defer unix.Close(in)
	if err := unix.Mkdirat(in, path.Base(name), 0o755); err != nil {
		if !errors.Is(err, unix.EEXIST) {
			return -1, fmt.Errorf("make folder %s: %w", name, err)
		}
	} else if err := own(in, path.Base(name), in, ""); err != nil {
		return -1, fmt.Errorf("make folder %s: %w", name, err)
	}
	if fd, err = unix.Openat2(r.fd, below, &how); err != nil {
		return -1, fmt.Errorf("open folder %s: %w", name, err)
	}
	return fd, nil
}

// put writes a file under another name and has it take the place of the one
// that is there, so that no reader ever meets half a file.
func put(dir int, name string, f file) (err error) {
	temporary := ".devloop-" + rand.Text()
	defer func() {
		if err != nil {
			unix.Unlinkat(dir, temporary, 0)
		}
	}()
	if f.link != "" {
		err = unix.Symlinkat(f.link, dir, temporary)
	} else {
		err = write(dir, temporary, f.data)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := own(dir, temporary, dir, name); err != nil {
		return err
	}
	if f.link == "" {
		if err := unix.Fchmodat(dir, temporary, uint32(f.mode.Perm()), 0); err != nil {
			return fmt.Errorf("set the mode: %w", err)
		}
	}
	err = unix.Renameat(dir, temporary, dir, name)
	if errors.Is(err, unix.EISDIR) {
		if err = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR); err == nil {
			err = unix.Renameat(dir, temporary, dir, name)
		}
	}
	if err != nil {
		return fmt.Errorf("put in place: %w", err)
	}
	return nil
}

func write(dir int, name string, data []byte) error {
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		n, err := unix.Write(fd, data)
		if err != nil && !errors.Is(err, unix.EINTR) {
			unix.Close(fd)
			return err
		}
		data = data[max(n, 0):]
	}
	return unix.Close(fd)
}

// own gives something the owner of what has its place now, else of the folder.
func own(dir int, name string, in int, like string) error {
	var st unix.Stat_t
	err := error(unix.ENOENT)
	if like != "" {
		err = unix.Fstatat(in, like, &st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if errors.Is(err, unix.ENOENT) {
		err = unix.Fstatat(in, "", &st, unix.AT_EMPTY_PATH)
	}
	if err == nil {
		err = unix.Fchownat(dir, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return fmt.Errorf("set the owner: %w", err)
	}
	return nil
}
