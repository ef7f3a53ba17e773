package doctor

import (
	"io/fs"
	"path/filepath"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/request"
)

// folders counts the folders that devloop up watches for a project: each takes one
// watch of the system's.
func folders(p *config.Project) int {
	seen := map[string]bool{p.Dir: true}
	tree := func(root string, skip func(rel string, dir bool) bool) {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil // what cannot be read is not watched
			}
			rel, err := filepath.Rel(root, path)
			if err == nil && rel != "." && (d.Name() == ".git" || skip(filepath.ToSlash(rel), true)) {
				return fs.SkipDir
			}
			seen[path] = true
			return nil
		})
	}
	for name, im := range p.Images {
		skip := func(string, bool) bool { return false }
		// With a prebuild command everything in the folder counts.
		if rules, err := request.Image(name, im).Ignore(); err == nil && len(im.Prebuild) == 0 {
			skip = rules
		}
		tree(im.Context, skip)
		seen[filepath.Dir(im.Dockerfile)] = true
	}
	for _, r := range p.Releases {
		tree(r.Chart, func(string, bool) bool { return false })
		for _, v := range r.Values {
			seen[filepath.Dir(v)] = true
		}
		for _, f := range r.SetFile {
			seen[filepath.Dir(f)] = true
		}
	}
	return len(seen)
}
