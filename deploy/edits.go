package deploy

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/devloop-dev/devloop/internal/diff"
)

// Edit is what Apply changed in an object that was there.
type Edit struct {
	Object Object
	// Fields are the fields that changed, in words: path, the value before, an
	// arrow, the value after. Values of secrets are masked.
	Fields []string
	// Diff is the same as lines of YAML, marked by "- " and "+ " as in a unified diff.
	Diff []string
}

// edited notes what a patch has changed in a live object. What the API server
// alone writes does not count.
func (k *helmClient) edited(info *resource.Info, before *unstructured.Unstructured, after runtime.Object) {
	now, ok := after.(*unstructured.Unstructured)
	if !ok {
		return
	}
	was, is := cleaned(before.Object), cleaned(now.Object)
	changes := diff.Changes(was, is)
	for i, c := range changes {
		changes[i].Before, changes[i].After = c.After, c.Before // inFields tells what was found last
	}
	edit := Edit{Object: infoObject(info), Fields: inFields(infoObject(info), changes)}
	for _, l := range diff.Lines(hideObject(was, nil), hideObject(is, was)) {
		edit.Diff = append(edit.Diff, l.String())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.edits = append(k.edits, edit)
}
