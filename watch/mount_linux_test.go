package watch

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Lines of a WSL 2, a Vagrant, and a cluster's machine.
const mountinfo = `25 1 8:32 / / rw,relatime shared:1 - ext4 /dev/sdc rw,discard
71 25 0:54 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000
80 25 0:60 /sub /home/me/with\040space rw,relatime shared:9 master:3 - fuse.sshfs host:/ rw,user_id=1000
81 25 0:61 / /vagrant rw - vboxsf vagrant rw
82 25 0:62 / /work rw - overlay overlay rw,lowerdir=/a:/b - c
83 25 0:63 / /secret rw - fuse.gocryptfs /x rw
short
`

func TestFileSystemsThatDoNotTellAll(t *testing.T) {
	for minor, want := range map[uint32]struct {
		name string
		deaf bool
	}{
		54: {"9p", true}, 60: {"fuse.sshfs", true}, 61: {"vboxsf", true}, 62: {"overlay", false}, 63: {"fuse.gocryptfs", false}, 99: {"", false},
	} {
		got := systemOf(strings.NewReader(mountinfo), unix.Mkdev(0, minor))
		if got != want.name || isDeaf(got) != want.deaf {
			t.Errorf("device 0:%d: %q, deaf %v; want %q, %v", minor, got, isDeaf(got), want.name, want.deaf)
		}
	}
	for _, name := range []string{"nfs4", "cifs", "virtiofs", "fuse.vmhgfs-fuse"} {
		if !isDeaf(name) {
			t.Errorf("%s is not polled", name)
		}
	}
	for _, name := range []string{"ext4", "btrfs", "xfs", "zfs", "tmpfs", "apfs", "fuseblk", ""} {
		if isDeaf(name) {
			t.Errorf("%s is polled", name)
		}
	}
	// Where this test runs, the kernel names what it writes to.
	info, err := os.Stat("/proc")
	must(t, err)
	if got := fileSystem(info); got != "proc" {
		t.Errorf("/proc lies on %q", got)
	}
}

// The network is a fake: no server can be mounted here.
func TestTreesOnTheNetworkArePolled(t *testing.T) {
	t.Parallel()
	dir, remote := tempDir(t), tempDir(t)
	write(t, filepath.Join(dir, "file"), "")
	write(t, filepath.Join(remote, "sub", "file"), "")
	shm, err := os.MkdirTemp("/dev/shm", "watch-test-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(shm)) })
	write(t, filepath.Join(shm, "sub", "file"), "")
	here, err := os.Stat(shm)
	must(t, err)
	var told notices
	w, err := New(Options{Poll: 20 * time.Millisecond, Notice: told.take})
	must(t, err)
	w.tree.mounts.system = func(info fs.FileInfo) string {
		if a, _ := device(info); a == must1(device(here)) {
			return "nfs4"
		}
		return "ext4"
	}
	must(t, w.Set([]Root{{Path: dir}, {Path: shm}}))
	r := run(t, w)
	polled := func() (paths []string) {
		r.w.mu.Lock()
		defer r.w.mu.Unlock()
		for f := range r.w.tree.polled {
			paths = append(paths, f.path)
		}
		slices.Sort(paths)
		return paths
	}
	if got, want := polled(), []string{filepath.Dir(shm), shm, filepath.Join(shm, "sub")}; !slices.Equal(got, want) {
		t.Errorf("polled are %q, want %q", got, want)
	}
	if all := told.all(); len(all) != 1 || !strings.Contains(all[0].Error(), "nfs4") {
		t.Errorf("notices: %v, want one that names nfs4", all)
	}
	for range 2 {
		r.everyFolder(dir)
		r.everyFolder(shm)
	}
}

func must1(dev uint64, _ bool) uint64 { return dev }

// What is written through an overlay is told, also when it has lain in a lower
// layer until then.
func TestOverlayIsWatched(t *testing.T) {
	if os.Getenv("WATCH_TEST_MOUNTS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), "WATCH_TEST_MOUNTS=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("in a user namespace: %v\n%s", err, out)
		}
		return
	}
	dir := tempDir(t)
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "")) // an overlay cannot lie on every file system
	for _, name := range []string{"lower/sub/file", "upper/x", "work/x", "merged/x"} {
		write(t, filepath.Join(dir, name), "1")
	}
	must(t, os.Remove(filepath.Join(dir, "work", "x")))
	merged := filepath.Join(dir, "merged")
	must(t, syscall.Mount("overlay", merged, "overlay", 0, "lowerdir="+dir+"/lower,upperdir="+dir+"/upper,workdir="+dir+"/work"))
	defer func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) }()
	r := start(t, Options{}, Root{Path: merged})
	path := filepath.Join(merged, "sub", "file")
	for _, text := range []string{"copied up", "again"} {
		write(t, path, text)
		r.until(path)
	}
	must(t, os.Rename(path, path+".moved"))
	r.until(path, path+".moved")
	r.everyFolder(merged)
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if n := len(r.w.tree.polled); n != 0 {
		t.Errorf("%d folders are polled", n)
	}
}
