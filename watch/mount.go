package watch

import (
	"io/fs"
	"slices"
	"strings"
)

// mounts knows on which file systems a watch does not tell everything: those
// that others write to as well, over a network or from outside a virtual
// machine.
type mounts struct {
	system func(fs.FileInfo) string // name of the file system that holds a file, "" when unknown
	known  map[uint64]string        // by device: its name if it is deaf, else ""
	told   map[uint64]struct{}
}

func newMounts() mounts {
	return mounts{system: fileSystem, known: map[uint64]string{}, told: map[uint64]struct{}{}}
}

// deaf is the name of the file system of a folder if it is such a one, else "".
func (m mounts) deaf(info fs.FileInfo) string {
	dev, ok := device(info)
	if !ok {
		return ""
	}
	name, known := m.known[dev]
	if !known {
		if name = m.system(info); !isDeaf(name) {
			name = ""
		}
		m.known[dev] = name
	}
	return name
}

// first is true when it is asked for a device for the first time.
func (m mounts) first(info fs.FileInfo) bool {
	dev, _ := device(info)
	_, told := m.told[dev]
	m.told[dev] = struct{}{}
	return !told
}

// deafSystems are the names of file systems that are shared with other machines,
// as mount(8) and macOS name them. Folders of a Windows host in WSL 2 are 9p.
// overlay is not among them: its folders tell what is written through it.
var deafSystems = []string{
	"9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", // from outside a virtual machine
	"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "afs", "ceph", "lustre", "gpfs", "beegfs", "orangefs", "ocfs2", "gfs2", "davfs", "coda",
}

// localFuse are the programs behind FUSE whose files are this machine's own.
var localFuse = []string{"bindfs", "encfs", "exfat", "fuse-overlayfs", "gocryptfs", "mergerfs", "ntfs-3g"}

func isDeaf(name string) bool {
	if program, ok := strings.CutPrefix(name, "fuse."); ok {
		return !slices.Contains(localFuse, program)
	}
	return slices.Contains(deafSystems, name)
}
