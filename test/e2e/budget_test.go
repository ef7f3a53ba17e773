//go:build sandbox

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFiftySavesStartNoProcessAndLeaveNothingOpen saves a values file fifty times
// and a line of Go once, and looks at the process from outside.
func TestFiftySavesStartNoProcessAndLeaveNothingOpen(t *testing.T) {
	p := open(t, "hello")
	p.start()
	p.live()
	save := func(n int) {
		p.edit("chart/values.yaml", func(s string) string { return replaceLine(s, "name: ", fmt.Sprintf("name: visitor-%d", n)) })
		p.live()
	}
	for n := range 5 {
		save(n)
	}
	before := p.process()
	for n := range 50 {
		save(5 + n)
	}
	after := p.process()
	if after.children != before.children {
		t.Errorf("values edits started processes: the page faults of those that ended are %d, were %d", after.children, before.children)
	}
	// A connection more or less, but not one for each save.
	if after.files > before.files+8 {
		t.Errorf("%d files are open after 50 saves, were %d:\n%s", after.files, before.files, strings.Join(p.files(), "\n"))
	}

	// The same count does tell of a compiler.
	p.replace("server/main.go", `greeting = "Hello"`, `greeting = "Good morning"`)
	p.live()
	if now := p.process(); now.children == after.children {
		t.Errorf("a line of Go started no process: the page faults of those that ended are still %d", now.children)
	}
}

// process is what Linux tells of devloop up.
type process struct {
	children int64 // minor page faults of child processes that have ended: no process is without any
	files    int   // open ones
}

func (p *project) process() process {
	p.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.up.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	// The name, in brackets, may hold spaces; field 3 follows it, cminflt is field 11.
	_, rest, _ := strings.Cut(string(data), ") ")
	faults, err := strconv.ParseInt(strings.Fields(rest)[11-3], 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return process{faults, len(p.files())}
}

// files are what devloop up has open.
func (p *project) files() []string {
	p.t.Helper()
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.up.Process.Pid))
	if err != nil || len(names) == 0 {
		p.t.Fatalf("list the open files of devloop up: %d found, %v", len(names), err)
	}
	var open []string
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil {
			open = append(open, to)
		}
	}
	return open
}
