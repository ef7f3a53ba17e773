package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/devloop-dev/devloop/internal/digest"
)

// Files digests the input files, as Inputs does, with the same keys and errors.
func (s Spec) Files(ctx context.Context, h *digest.Hasher) (digest.Tree, error) {
	src, err := s.source()
	if err != nil {
		return digest.Tree{}, err
	}
	if src.Go != nil {
		return src.goFiles(ctx, h)
	}
	r, err := src.rules()
	if err != nil {
		return digest.Tree{}, err
	}
	if h == nil {
		h = digest.New()
	}
	files, err := h.Tree(ctx, src.Context, r.skip)
	if err != nil {
		return digest.Tree{}, src.unreadable(err)
	}
	return src.complete(h, r, files)
}

// FilesAfter is Files for when they are known as they were before and what may
// have changed since: absolute paths, below Context as it is given. What it costs
// grows with these and not with the context. After a change of the ignore file,
// or of where a link leads, it looks at everything.
func (s Spec) FilesAfter(ctx context.Context, h *digest.Hasher, files digest.Tree, changed []string) (digest.Tree, error) {
	src, err := s.source()
	if err != nil {
		return digest.Tree{}, err
	}
	if src.Go != nil {
		return src.goFiles(ctx, h) // any file may be a new one of a package, or what an import names
	}
	given := s.asGiven()
	rules := []string{given.Context, given.ignoreFile, filepath.Join(given.Context, ignoreName)}
	if src.Dockerfile != given.Dockerfile {
		rules = append(rules, given.Dockerfile, src.Dockerfile)
	}
	var keys []string
	for _, path := range changed {
		if slices.Contains(rules, path) {
			return s.Files(ctx, h)
		}
		keys = append(keys, keyOf(given.Context, path))
	}
	r, err := src.rules()
	if err != nil {
		return digest.Tree{}, err
	}
	if files, err = h.Update(ctx, files, src.Context, keys, r.skip); err != nil {
		return digest.Tree{}, src.unreadable(err)
	}
	return src.complete(h, r, files)
}

// complete adds the files that are inputs whatever the rules say, where they lie
// outside the context.
func (s source) complete(h *digest.Hasher, r *rules, files digest.Tree) (digest.Tree, error) {
	for _, key := range r.always {
		if inside(key) && files.Has(key) {
			continue
		}
		sum, err := h.File(s.path(key))
		if err != nil {
			return digest.Tree{}, fmt.Errorf("image %s: read %s: %w", s.Name, key, err)
		}
		files = files.With(key, sum)
	}
	return files, nil
}

// unreadable says what to do about a context that cannot be read whole.
func (s source) unreadable(err error) error {
	var at *fs.PathError
	if errors.Is(err, fs.ErrPermission) && errors.As(err, &at) {
		key := s.key(at.Path)
		return fmt.Errorf("image %s: read the context: %w; let devloop read it, or, if the build does not need it, leave it out by a line %q in %s",
			s.Name, err, key, s.ignoreFileInForce())
	}
	return fmt.Errorf("image %s: read the context: %w", s.Name, err)
}

// ignoreFileInForce is the ignore file that a further line belongs into.
func (s source) ignoreFileInForce() string {
	if r, err := s.rules(); err == nil && r.file != "" {
		return s.path(r.file)
	}
	return filepath.Join(s.Context, ignoreName)
}
