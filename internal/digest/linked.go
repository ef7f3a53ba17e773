package digest

import (
	"context"
	"fmt"
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
func (h *Hasher) Linked(ctx context.Context, root string, skip Skip) (Tree, error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return Tree{}, err
	}
	left := maxLinked
	return h.linked(ctx, real, []string{real}, skip, &left)
}

// maxLinked bounds how many files are reached through links: folders that link to
// each other make more paths than can be gone through.
const maxLinked = 20_000

// linked digests the folder that the last of the real paths names; the others
// are the folders whose links led there. It takes what it finds off left.
func (h *Hasher) linked(ctx context.Context, root string, above []string, skip Skip, left *int) (Tree, error) {
	tree, err := h.Tree(ctx, root, skip)
	if err != nil {
		return Tree{}, err
	}
	if *left -= tree.Len(); *left < 0 && len(above) > 1 {
		return Tree{}, fmt.Errorf("%s: more than %d files are reached through links in it: remove links between folders that link to each other", above[0], maxLinked)
	}
	var led []edit
	for rel := range tree.Paths() {
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
			s, err := h.file(real)
			if err != nil {
				return Tree{}, err
			}
			led = append(led, edit{path: rel, sum: s})
			continue
		}
		if slices.Contains(above, real) {
			continue
		}
		below := func(sub string, dir bool) bool { return skip != nil && skip(rel+"/"+sub, dir) }
		files, err := h.linked(ctx, real, append(slices.Clone(above), real), below, left)
		if err != nil {
			return Tree{}, err
		}
		if files.Len() > 0 {
			led = append(led, edit{path: rel, graft: files.root})
		}
	}
	return tree.edited(led), nil
}
