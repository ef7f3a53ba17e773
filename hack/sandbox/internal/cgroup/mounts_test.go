//go:build linux

package cgroup

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	const (
		tmpfs   = "31 24 0:27 / /sys/fs/cgroup rw shared:9 - tmpfs tmpfs rw\n"
		pids    = "32 31 0:28 / /sys/fs/cgroup/pids rw shared:10 - cgroup cgroup rw,pids\n"
		memory  = "33 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		hybrid  = "34 31 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		unified = "35 24 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
		nested  = "36 24 0:31 / /var/lib/x/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	)
	v1 := []tree{{"/sys/fs/cgroup/pids", 1}, {"/sys/fs/cgroup/memory", 1}}
	for name, test := range map[string]struct {
		mounts string
		want   Hierarchies
	}{
		"version 1": {tmpfs + pids + memory, Hierarchies{trees: v1}},
		"hybrid":    {tmpfs + pids + memory + hybrid, Hierarchies{trees: v1, others: []tree{{"/sys/fs/cgroup/unified", 2}}}},
		"version 2": {unified + nested, Hierarchies{trees: []tree{{"/sys/fs/cgroup", 2}}}},
		"none":      {"1 2 3\n", Hierarchies{}},
	} {
		if got := parse([]byte(test.mounts)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
