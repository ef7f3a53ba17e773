package request

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/build/filesync"
	"github.com/devloop-dev/devloop/internal/config"
)

// Sync says which inputs of an image are copied into its running containers.
type Sync struct {
	Rules  []filesync.Rule
	folder string // the context, as seen from the project's folder
	never  []string
}

// SyncOf is the sync of an image. ok is false when it has none, or no release
// runs the image.
func SyncOf(p *config.Project, name string) (s Sync, ok bool) {
	im := p.Images[name]
	for _, r := range im.Sync {
		s.Rules = append(s.Rules, filesync.Rule{From: r.From, To: r.To, Exec: r.Exec, Signal: r.Restart})
	}
	for _, r := range p.Releases {
		for _, used := range r.Images {
			ok = ok || used == name && len(s.Rules) > 0
		}
	}
	relative := func(path string) string {
		rel, err := filepath.Rel(p.Dir, path)
		if err != nil {
			rel = path
		}
		return filepath.ToSlash(rel)
	}
	s.folder = relative(im.Context)
	// What says how the image is made never lies in a container alone.
	for _, path := range []string{im.Dockerfile, im.Dockerfile + ".dockerignore", filepath.Join(im.Context, ".dockerignore")} {
		s.never = append(s.never, relative(path))
	}
	file := relative(p.File)
	s.never = append(s.never, file, file+" (images."+name+")")
	return s, ok
}

// Key is an input's path as seen from the context, if it is one that is copied.
func (s Sync) Key(input string) (key string, ok bool) {
	if slices.Contains(s.never, input) {
		return "", false
	}
	key, ok = input, s.folder == "."
	if !ok {
		key, ok = strings.CutPrefix(input, s.folder+"/")
	}
	return key, ok && filesync.Matches(s.Rules, key)
}

// Input undoes Key.
func (s Sync) Input(key string) string {
	if s.folder == "." {
		return key
	}
	return s.folder + "/" + key
}
