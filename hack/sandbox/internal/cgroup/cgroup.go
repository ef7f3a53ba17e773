//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Create makes the group, a path like "name/part", in every tree.
func (h Hierarchies) Create(group string) error {
	for _, t := range h.trees {
		if err := t.create(group); err != nil {
			return fmt.Errorf("making the control group %s: %w", group, err)
		}
	}
	return nil
}

func (t tree) create(group string) error {
	dir := t.mount
	for part := range strings.SplitSeq(filepath.Clean(group), "/") {
		parent := dir
		dir = filepath.Join(dir, part)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if t.version == 2 {
			enableControllers(parent)
			continue
		}
		// A new group of the cpuset controller has no processor and takes
		// no process before it gets one.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			inherit(parent, dir, name)
		}
	}
	return nil
}

// enableControllers lets the children of dir have every controller that dir
// itself has. One that cannot be had is no reason to stop: the kubelet says
// clearly which one it misses.
func enableControllers(dir string) {
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return
	}
	for name := range strings.FieldsSeq(string(controllers)) {
		_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+name), 0o644)
	}
}

func inherit(parent, dir, name string) {
	value, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || strings.TrimSpace(string(value)) != "" {
		return
	}
	if value, err = os.ReadFile(filepath.Join(parent, name)); err == nil {
		_ = os.WriteFile(filepath.Join(dir, name), value, 0o644)
	}
}

// Join moves this process into the group of every tree. What it starts from
// then on is in the group too.
func (h Hierarchies) Join(group string) error {
	pid := []byte(strconv.Itoa(os.Getpid()))
	for _, t := range h.trees {
		if err := os.WriteFile(filepath.Join(t.mount, group, "cgroup.procs"), pid, 0o644); err != nil {
			return fmt.Errorf("joining the control group %s: %w", group, err)
		}
	}
	return nil
}

// Processes lists the numbers of all processes in the group and below it; a
// group that does not exist has none.
func (h Hierarchies) Processes(group string) ([]int, error) {
	found := map[int]bool{}
	var pids []int
	for _, t := range slices.Concat(h.trees, h.others) {
		err := t.walk(group, func(dir string) error {
			data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			if err != nil {
				return ignoreGone(err)
			}
			for field := range strings.FieldsSeq(string(data)) {
				pid, err := strconv.Atoi(field)
				// 0 stands for a process of another pid namespace.
				if err == nil && pid > 0 && !found[pid] {
					found[pid] = true
					pids = append(pids, pid)
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing the control group %s: %w", group, err)
		}
	}
	return pids, nil
}

// Remove removes the group and those below it from every tree. They must have
// no processes left.
func (h Hierarchies) Remove(group string) error {
	for _, t := range slices.Concat(h.trees, h.others) {
		var dirs []string
		err := t.walk(group, func(dir string) error {
			dirs = append(dirs, dir)
			return nil
		})
		if err != nil {
			return fmt.Errorf("removing the control group %s: %w", group, err)
		}
		for i := len(dirs) - 1; i >= 0; i-- {
			if err := os.Remove(dirs[i]); ignoreGone(err) != nil {
				return fmt.Errorf("removing the control group %s: %w", group, err)
			}
		}
	}
	return nil
}

// walk visits the directory of the group, then those below it.
func (t tree) walk(group string, visit func(dir string) error) error {
	root := filepath.Join(t.mount, group)
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreGone(err)
		}
		if !entry.IsDir() {
			return nil
		}
		return visit(path)
	})
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return nil
	}
	return err
}
