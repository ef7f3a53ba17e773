//go:build linux

package cgroup

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Hierarchies are the trees of control groups that are mounted.
type Hierarchies struct {
	// trees are those that groups are made in.
	trees []tree
	// others are those that a container runtime may make groups in by
	// itself: the version 2 tree of a hybrid system, without controllers.
	others []tree
}

type tree struct {
	mount   string
	version int
}

// Mounted finds the trees that this process sees.
func Mounted() (Hierarchies, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Hierarchies{}, fmt.Errorf("looking for control groups: %w", err)
	}
	h := parse(mounts)
	if len(h.trees) == 0 {
		return Hierarchies{}, fmt.Errorf("no control groups are mounted under /sys/fs/cgroup")
	}
	return h, nil
}

func parse(mountinfo []byte) Hierarchies {
	var v1, v2 []tree
	seen := map[string]bool{}
	for line := range bytes.Lines(mountinfo) {
		before, after, found := strings.Cut(string(line), " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(kind) < 1 {
			continue
		}
		mount := fields[4]
		// Only the usual place: a container's own view of the tree is
		// mounted elsewhere and is not ours to change.
		if seen[mount] || (mount != "/sys/fs/cgroup" && filepath.Dir(mount) != "/sys/fs/cgroup") {
			continue
		}
		switch kind[0] {
		case "cgroup":
			seen[mount] = true
			v1 = append(v1, tree{mount: mount, version: 1})
		case "cgroup2":
			seen[mount] = true
			v2 = append(v2, tree{mount: mount, version: 2})
		}
	}
	if len(v1) > 0 {
		return Hierarchies{trees: v1, others: v2}
	}
	return Hierarchies{trees: v2}
}
