package watch

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// fileSystem compares the device with that of each mount.
func fileSystem(info fs.FileInfo) string {
	dev, ok := device(info)
	if !ok {
		return ""
	}
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return ""
	}
	all := make([]unix.Statfs_t, n)
	if n, err = unix.Getfsstat(all, unix.MNT_NOWAIT); err != nil {
		return ""
	}
	for _, m := range all[:n] {
		if uint64(uint32(m.Fsid.Val[0])) == uint64(uint32(dev)) {
			return unix.ByteSliceToString(m.Fstypename[:])
		}
	}
	return ""
}
