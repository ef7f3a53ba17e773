package digest

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Update is Tree for a root of which an earlier Tree, made with the same skip, is
// known, and what may have changed since: paths relative to root, with slashes,
// of files and folders that were written, made, moved or removed. Only these are
// looked at, a folder with all below it, so it costs what changed and not what
// the tree holds.
//
// A file that changed under a path not named is missed until Tree is asked for,
// so after events that may have been lost, ask Tree. Paths outside of root are
// left alone, and "." means everything.
func (h *Hasher) Update(ctx context.Context, tree Tree, root string, changed []string, skip Skip) (Tree, error) {
	root = filepath.Clean(root)
	if skip == nil {
		skip = func(string, bool) bool { return false }
	}
	u := update{Hasher: h, root: root, skip: skip, folders: map[string]bool{}}
	for _, rel := range changed {
		if rel = path.Clean(rel); rel == "." {
			return h.again(ctx, tree, root, skip)
		}
		if rel != ".." && !strings.HasPrefix(rel, "../") && !path.IsAbs(rel) {
			u.want(rel)
		}
	}
	if len(u.files)+len(u.walks)+len(u.gone) == 0 {
		return tree, nil
	}
	if info, err := os.Lstat(root); err != nil || !info.IsDir() {
		return h.Tree(ctx, root, skip)
	}
	edits, err := u.edits(ctx)
	if err != nil {
		return Tree{}, err
	}
	return tree.edited(edits), nil
}

// again is Tree, sharing what is the same.
func (h *Hasher) again(ctx context.Context, tree Tree, root string, skip Skip) (Tree, error) {
	now, err := h.Tree(ctx, root, skip)
	return now.Like(tree), err
}

// update sorts out what is to be done for one call of Update.
type update struct {
	*Hasher
	root    string
	skip    Skip
	folders map[string]bool // rel -> whether it is a real folder
	files   []changedFile
	walks   []string // folders
	gone    []string
}

type changedFile struct {
	rel  string
	sum  sum
	gone bool
}

// want finds out what a changed path is by now. Where a part of the path above
// it is no folder any more, or a link, it is that which changed.
func (u *update) want(rel string) {
	for i := range rel {
		if rel[i] != '/' {
			continue
		}
		above := rel[:i]
		folder, known := u.folders[above]
		if !known {
			if u.skip(above, true) {
				return
			}
			info, err := os.Lstat(u.abs(above))
			folder = err == nil && info.IsDir()
			u.folders[above] = folder
			if !folder {
				u.place(above, info, err)
			}
		}
		if !folder {
			return
		}
	}
	info, err := os.Lstat(u.abs(rel))
	u.place(rel, info, err)
}

func (u *update) place(rel string, info fs.FileInfo, err error) {
	kind := fs.ModeIrregular
	if err == nil {
		kind = kindOf(info.Mode())
	}
	switch {
	case err != nil && !vanished(err):
		u.files = append(u.files, changedFile{rel: rel}) // reading it tells what is wrong
	case kind == fs.ModeIrregular, u.skip(rel, kind == fs.ModeDir):
		u.gone = append(u.gone, rel)
	case kind == fs.ModeDir:
		u.walks = append(u.walks, rel)
	default:
		u.files = append(u.files, changedFile{rel: rel})
	}
}

func (u *update) abs(rel string) string { return filepath.Join(u.root, filepath.FromSlash(rel)) }

// edits reads what changed.
func (u *update) edits(ctx context.Context) ([]edit, error) {
	var edits []edit
	for _, rel := range u.gone {
		edits = append(edits, edit{path: rel, remove: true})
	}
	slices.Sort(u.walks)
	for i, rel := range u.walks {
		if slices.ContainsFunc(u.walks[:i], func(above string) bool { return above == rel || strings.HasPrefix(rel, above+"/") }) {
			continue
		}
		f, err := u.scan(ctx, u.root, rel+"/", u.skip)
		if err != nil {
			return nil, err
		}
		edits = append(edits, edit{path: rel, remove: true})
		if f != nil {
			edits = append(edits, edit{path: rel, graft: f})
		}
	}
	if err := u.read(ctx); err != nil {
		return nil, err
	}
	for _, f := range u.files {
		edits = append(edits, edit{path: f.rel, remove: true})
		if !f.gone {
			edits = append(edits, edit{path: f.rel, sum: f.sum})
		}
	}
	return edits, nil
}

func (u *update) read(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(16, 2*runtime.GOMAXPROCS(0)))
	for part := range slices.Chunk(u.files, batch) {
		g.Go(func() error {
			for i := range part {
				if err := ctx.Err(); err != nil {
					return err
				}
				s, err := u.file(u.abs(part[i].rel))
				if vanished(err) {
					part[i].gone, err = true, nil
				}
				if err != nil {
					return err
				}
				part[i].sum = s
			}
			return nil
		})
	}
	return g.Wait()
}
