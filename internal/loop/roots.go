package loop

import (
	"os"
	"path"
	"path/filepath"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/inputs"
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
		skip, rules := skipNoise, noise
		if len(im.Prebuild) == 0 {
			// Read before the rules are: should they change in between, the next
			// look takes them for new ones.
			text := ignoreText(im)
			if ignored, err := request.Image(name, im).Ignore(); err == nil {
				skip = func(rel string, dir bool) bool { return skipNoise(rel, dir) || ignored(rel, dir) }
				rules = text
			}
		}
		all = append(all, watch.Root{Path: im.Context, Skip: skip, Rules: rules})
		// The rules themselves are inputs even where they leave themselves out.
		all = append(all, watch.Root{Path: filepath.Join(im.Context, ".dockerignore")})
		for _, path := range request.Image(name, im).WatchPaths()[1:] {
			all = append(all, watch.Root{Path: path})
		}
	}
	for _, name := range p.ReleaseNames() {
		r := p.Releases[name]
		for _, folder := range append(deploy.LocalDependencies(r.Chart), r.Chart) {
			all = append(all, watch.Root{Path: folder, Skip: skipNoise, Rules: noise, FollowFolders: true})
		}
		for _, v := range inputs.ValueFiles(r) {
			all = append(all, watch.Root{Path: v})
		}
	}
	return all
}

// ignoreText stands for the rules that leave files out of an image's context.
func ignoreText(im config.Image) string {
	rules := "ignore files of " + im.Dockerfile
	for _, file := range []string{im.Dockerfile + ".dockerignore", filepath.Join(im.Context, ".dockerignore")} {
		if text, err := os.ReadFile(file); err == nil {
			rules += "\x00" + file + "\x00" + string(text)
		}
	}
	return rules
}

// noise stands for skipNoise.
const noise = "noise"

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
