package deploy

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

// restored lists the fields that a correction changed, or would: those that
// differ between the object as it was found and as it is after the correction.
// Only fields that the release sets count: others may have been written by
// somebody else in between.
func restored(found, after, wanted *unstructured.Unstructured) []diff.Change {
	var out []diff.Change
	for _, c := range diff.Changes(found.Object, after.Object) {
		if _, set := c.Path.Lookup(wanted.Object); set {
			out = append(out, c)
		}
	}
	return out
}

// inFields tells changes in words: the path, the release's value, what was found
// instead. The values of a secret's data and annotations
// are hidden.
func inFields(o Object, changes []diff.Change) []string {
	var out []string
	for _, c := range changes {
		say := func(value any) string {
			switch {
			case value == nil:
				return "gone"
			case o.Kind == "Secret" && (c.Path[0].Key == "data" || len(c.Path) > 2 && c.Path[1].Key == "annotations"):
				return Hidden
			}
			return inWords(value)
		}
		out = append(out, c.Path.String()+" "+say(c.After)+" -> "+say(c.Before))
	}
	return out
}
