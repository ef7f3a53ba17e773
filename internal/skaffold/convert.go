package skaffold

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/scaffold"
)

// Convert makes a draft for a devloop.yaml in dir of the skaffold.yaml at file and
// those it requires. Draft.Left has a line for each key that was not carried over.
// It is an error when a file cannot be read or nothing in them is for devloop.
func Convert(file, dir string) (*scaffold.Draft, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("convert %s: %w", file, err)
	}
	c := &converter{dir: dir, images: map[string]string{}, unbuilt: map[string]string{}, places: map[string]*node{}, seen: map[string]bool{}}
	c.project = config.Project{APIVersion: config.APIVersion, Images: map[string]config.Image{}, Releases: map[string]config.Release{}}
	if err := c.load(file, nil); err != nil {
		return nil, err
	}
	c.convert()
	c.profiles()
	for _, m := range c.modules {
		c.rest(m.doc)
	}
	if len(c.project.Releases) == 0 && len(c.project.Images) == 0 {
		return nil, fmt.Errorf("%s: there is no Helm release and no image that devloop can build in it:\n  %s", file, strings.Join(c.lines(), "\n  "))
	}
	if c.project.Name == "" {
		c.project.Name = scaffold.Label(filepath.Base(dir), 63)
	}
	return &scaffold.Draft{Project: c.project, Told: c.told, Left: c.lines(), Notes: map[string]string{}}, nil
}

// convert makes images, releases and forwards of the modules.
func (c *converter) convert() {
	for _, m := range c.modules {
		c.artifacts(m)
	}
	for _, m := range c.modules {
		c.releases(m)
	}
	c.needs()
	c.idle()
	for _, m := range c.modules {
		c.forwards(m)
	}
}

type converter struct {
	dir     string // of the devloop.yaml, absolute
	modules []*module
	seen    map[string]bool // file and module
	project config.Project
	told    []string
	lost    []lost
	// images are skaffold's names of images -> devloop's; unbuilt those that
	// devloop does not build, with where they stand.
	images, unbuilt map[string]string
	places          map[string]*node // devloop's names of images -> where they stand
	waits           []wait
}

// module is one document.
type module struct {
	doc  *node
	file string // as the user knows it, with slashes
	// order are its images as they stand there, for templates that name none.
	order []string
}

// lost is a key that was not carried over.
type lost struct {
	file, key string
	line      int
	why       string
}

func (c *converter) lose(n *node, why string, args ...any) {
	n.all()
	c.lost = append(c.lost, lost{n.file, n.path, n.line, fmt.Sprintf(why, args...)})
}

// lines are the lost keys in the order of the files.
func (c *converter) lines() []string {
	slices.SortStableFunc(c.lost, func(a, b lost) int {
		if a.file != b.file {
			return strings.Compare(a.file, b.file)
		}
		return a.line - b.line
	})
	var out []string
	for _, l := range c.lost {
		out = append(out, fmt.Sprintf("%s:%d: %s: %s", l.file, l.line, l.key, l.why))
	}
	return out
}

// rest loses what nobody took.
func (c *converter) rest(n *node) {
	for _, k := range n.keys {
		if child := n.fields[k]; n.path == "" && strings.HasPrefix(k, ".") {
			continue // skaffold's own place for anchors
		} else if !child.taken {
			c.lose(child, "%s", reason(child))
		} else {
			c.rest(child)
		}
	}
	for _, item := range n.items {
		if !item.taken {
			c.lose(item, "%s", reason(item))
		} else {
			c.rest(item)
		}
	}
}

// at is a path of a skaffold.yaml as seen from the devloop.yaml.
func (c *converter) at(m *module, p string) string {
	p = filepath.ToSlash(p)
	if path.IsAbs(p) || filepath.IsAbs(filepath.FromSlash(p)) {
		return p
	}
	abs, err := filepath.Abs(filepath.FromSlash(m.file))
	if err != nil {
		return p
	}
	rel, err := filepath.Rel(c.dir, filepath.Join(filepath.Dir(abs), filepath.FromSlash(p)))
	if err != nil {
		return p
	}
	return filepath.ToSlash(rel)
}

// templated: skaffold replaces {{.NAME}} by an environment variable, devloop does
// not.
func templated(text string) bool { return strings.Contains(text, "{{") }
