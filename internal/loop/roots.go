package loop

import (
	"path"
	"path/filepath"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/request"
	"github.com/devloop-dev/devloop/watch"
)

// roots are the files and folders that hold inputs. The rules that leave files
// out of a build context leave them unwatched too, but for the files that hold
// the rules.
func roots(file string, p *config.Project) []watch.Root {
	all := []watch.Root{{Path: file}}
	if p == nil {
		return all
	}
	for _, name := range p.ImageNames() {
		im := p.Images[name]
		skip := skipNoise
		if len(im.Prebuild) == 0 {
			if ignored, err := request.Image(name, im).Ignore(); err == nil {
				skip = func(rel string, dir bool) bool { return skipNoise(rel, dir) || ignored(rel, dir) }
			}
		}
		all = append(all, watch.Root{Path: im.Context, Skip: skip})
		// The rules themselves are inputs even where they leave themselves out.
		all = append(all, watch.Root{Path: filepath.Join(im.Context, ".dockerignore")})
		for _, path := range request.Image(name, im).WatchPaths()[1:] {
			all = append(all, watch.Root{Path: path})
		}
	}
	for _, name := range p.ReleaseNames() {
		r := p.Releases[name]
		all = append(all, watch.Root{Path: r.Chart, Skip: skipNoise, FollowFolders: true})
		for _, v := range r.Values {
			all = append(all, watch.Root{Path: v})
		}
	}
	return all
}

// skipNoise leaves out what is never an input: version control and what editors
// leave beside a file for a moment.
func skipNoise(rel string, _ bool) bool {
	name := path.Base(rel)
	switch name {
	case ".git", ".hg", ".svn":
		return true
	}
	return watch.EditorFile(name)
}
