package doctor

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Below full nothing can be built, below tight not for long.
const (
	tight = 5 << 30
	full  = 1 << 30
)

// disk looks at where docker keeps images, where that is on this machine, else at
// the folder of the project.
func (e *examination) disk(context.Context) []Finding {
	const check = "disk"
	folder, what := ".", "this folder's disk"
	if e.Project != nil {
		folder = e.Project.Dir
	}
	if e.engine != nil && strings.HasPrefix(e.engine.DaemonHost(), "unix://") && e.root != "" {
		if _, err := os.Stat(e.root); err == nil {
			folder, what = e.root, "docker's disk ("+e.root+")"
		}
	}
	free, err := freeBytes(folder)
	if err != nil {
		return warn(check, fmt.Sprintf("%s: its free space is not known: %v", what, err), "look at it yourself")
	}
	return diskFinding(what, free)
}

func diskFinding(what string, free uint64) []Finding {
	const check, fix = "disk", "docker system prune removes what no container uses"
	text := fmt.Sprintf("%s has %.1f GiB free", what, float64(free)/(1<<30))
	switch {
	case free < full:
		return fail(check, text, fix)
	case free < tight:
		return warn(check, text, fix)
	}
	return ok(check, text)
}
