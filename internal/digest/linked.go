package digest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Linked is Tree for readers that follow symbolic links, as Helm does when it
// loads a chart: root may be a link, a link to a file counts with that file's
// content and a link to a folder with all below it, under the names by which the
// links are reached. A link to nothing, or to a folder that it lies in, counts
// with its target.
func (h *Hasher) Linked(ctx context.Context, root string, skip func(rel string, dir bool) bool) (Tree, error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	return h.linked(ctx, real, []string{real}, skip)
}

// linked digests the folder that the last of the real paths names; the others
// are the folders whose links led there.
func (h *Hasher) linked(ctx context.Context, root string, above []string, skip func(string, bool) bool) (Tree, error) {
	tree, err := h.Tree(ctx, root, skip)
	if err != nil {
		return nil, err
	}
	for rel := range tree {
		path := filepath.Join(root, filepath.FromSlash(rel))
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue // gone meanwhile, or a file, which Tree has digested
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue // leads nowhere
		}
		target, err := os.Stat(real)
		if err != nil {
			continue
		}
		if !target.IsDir() {
			if tree[rel], err = h.File(real); err != nil {
				return nil, err
			}
			continue
		}
		if slices.Contains(above, real) {
			continue
		}
		below := func(sub string, dir bool) bool { return skip != nil && skip(rel+"/"+sub, dir) }
		files, err := h.linked(ctx, real, append(slices.Clone(above), real), below)
		if err != nil {
			return nil, err
		}
		for sub, sum := range files {
			tree[rel+"/"+sub] = sum
		}
	}
	return tree, nil
}
