package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// again is the reason to try once more what did not come to a good end.
const again = "is not in line yet"

// named is how many paths a reason names before it only counts.
const named = 3

func reason(paths []string) string {
	words := make([]string, 0, named)
	for _, path := range paths[:min(named, len(paths))] {
		words = append(words, shown(path))
	}
	if len(paths) <= named {
		return strings.Join(words, ", ") + " changed"
	}
	return fmt.Sprintf("%s and %d more files changed", strings.Join(words[:named-1], ", "), len(paths)-named+1)
}

// shown is a path fit for one line of text: a name may hold line ends, control
// characters and bytes that are no text.
func shown(path string) string {
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		return quoted
	}
	return path
}

// skippedBuild says why an upgrade needs no build, for a release that has images.
func skippedBuild(r Release, rebuilt map[string]bool) string {
	if len(r.Images) == 0 {
		return ""
	}
	for image := range r.Images {
		if rebuilt[image] {
			return ""
		}
	}
	if len(rebuilt) > 0 {
		return "build skipped: no input of its images changed"
	}
	return "build skipped: no image input changed"
}
