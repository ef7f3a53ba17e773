package history

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/devloop-dev/devloop/internal/event"
)

// kindOf is what a change is by its paths; that an image is made from them is told
// by the plan.
func kindOf(e event.Changed) string {
	switch {
	case e.First:
		return Start
	case len(e.Paths) == 0:
		return Retry
	}
	kind := Values
	for _, p := range e.Paths {
		p = filepath.ToSlash(p)
		if path.Base(p) == "devloop.yaml" {
			return Config
		}
		if !isValues(p) {
			kind = Template
		}
	}
	return kind
}

// isValues says whether a file of a chart or beside it is one of values.
func isValues(p string) bool {
	for part := range strings.SplitSeq(path.Dir(p), "/") {
		if part == "templates" || part == "crds" || part == "charts" {
			return false
		}
	}
	base := path.Base(p)
	ext := path.Ext(base)
	return (ext == ".yaml" || ext == ".yml") && base != "Chart.yaml"
}

func cause(paths []string) string {
	switch len(paths) {
	case 0:
		return ""
	case 1:
		return paths[0]
	}
	return fmt.Sprintf("%s and %d more", paths[0], len(paths)-1)
}
