package logs

import (
	"regexp"
	"slices"
	"strings"
)

// generated is what controllers append to a name: a ReplicaSet's hash and a
// pod's five characters, or the latter alone. The alphabet is that of
// k8s.io/apimachinery/pkg/util/rand, in which no word is spelt; hashes are of up to
// ten characters. A CronJob's pods have the minute before it.
var generated = regexp.MustCompile(`^(.+?)(-[bcdfghjklmnpqrstvwxz2456789]{6,10}|-[0-9]{8})?-([bcdfghjklmnpqrstvwxz2456789]{5})$`)

// shortNames lists the names a pod can be called by, the shortest first. The
// first that no other pod can be called by is the one to show.
func shortNames(l Line) []string {
	workload, suffix := l.Pod, ""
	if m := generated.FindStringSubmatch(l.Pod); m != nil {
		workload, suffix = m[1], "-"+m[3]
	}
	short := workload
	if rest, ok := strings.CutPrefix(workload, l.Release+"-"); ok && l.Release != "" {
		short = rest
	}
	names := []string{short, workload, short + suffix, workload + suffix, l.Pod, l.Namespace + "/" + l.Pod}
	kept := names[:0]
	for _, n := range names {
		if !slices.Contains(kept, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// implied reports whether a pod's name tells the container's already.
func implied(l Line) bool {
	workload := shortNames(l)[0]
	return workload == l.Container || strings.HasSuffix(workload, "-"+l.Container)
}

// fit shortens a name to so many columns by leaving out the middle: the
// beginning tells the workload, the end the pod.
func fit(name string, columns int) string {
	if len(name) <= columns || columns < 1 {
		return name
	}
	end := (columns - 1) / 2
	return name[:columns-1-end] + "…" + name[len(name)-end:]
}

// label is a pod's name and, where it is not implied, the container's, in so
// many columns; 0 for any number.
func label(name, container string, columns int) (string, string) {
	gap := 0
	if container != "" {
		gap = 1
	}
	if columns <= 0 || len(name)+gap+len(container) <= columns {
		return name, container
	}
	name = fit(name, max(columns-gap-len(container), (columns-gap)/2))
	return name, fit(container, columns-gap-min(columns-gap-1, width(name)))
}

// width counts columns: names are ASCII but for the sign of fit.
func width(name string) int { return len(name) - 2*strings.Count(name, "…") }
