package watch

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystem finds the file system of a file by its device. Unlike the magic
// number of statfs(2), the name tells the programs behind FUSE apart.
func fileSystem(info fs.FileInfo) string {
	dev, ok := device(info)
	if !ok {
		return ""
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	return systemOf(f, dev)
}

// systemOf reads lines of proc_pid_mountinfo(5): the third field is the device,
// the first one after a lone dash the file system.
func systemOf(mountinfo io.Reader, dev uint64) string {
	want := strconv.FormatUint(uint64(unix.Major(dev)), 10) + ":" + strconv.FormatUint(uint64(unix.Minor(dev)), 10)
	lines := bufio.NewScanner(mountinfo)
	lines.Buffer(nil, 1<<20) // an overlay names all its layers
	for lines.Scan() {
		mount, system, ok := strings.Cut(lines.Text(), " - ")
		if fields := strings.Fields(mount); ok && len(fields) > 2 && fields[2] == want {
			name, _, _ := strings.Cut(system, " ")
			return name
		}
	}
	return ""
}
