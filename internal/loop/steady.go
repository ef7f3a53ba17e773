package loop

import (
	"context"
	"path/filepath"

	"github.com/devloop-dev/devloop/internal/digest"
)

// steady does something with the files of a release and tells whether they were,
// all the time, what the claim says: the look was a moment before, and who applies
// reads them once more. Nobody knows what was read when they were not, also if
// the old content is back. What is carried through is content with any state.
func (w *worker) steady(ctx context.Context, do func() error) (steady bool, err error) {
	if w.carried {
		return true, do()
	}
	stamp := digest.Stamp(w.files)
	tree, err := w.opts.reader().Release(ctx, w.look.project, w.name)
	if err != nil || !tree.Equal(w.promised().inputs) {
		return false, errCut
	}
	err = do()
	return digest.Stamp(w.files) == stamp, err
}

// files are the inputs of the worker's target.
func (w *worker) files(yield func(path string) bool) {
	for path := range w.promised().inputs.Paths() {
		if !yield(filepath.Join(w.opts.dir(), filepath.FromSlash(path))) {
			return
		}
	}
}
