package skaffold

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/scaffold"
)

var apiVersions = regexp.MustCompile(`^skaffold/(v[1-4])((alpha|beta)[0-9]+)?$`)

// load reads a file, its modules of these names or all, and what they require.
func (c *converter) load(file string, names []string) error {
	file = filepath.ToSlash(file)
	if info, err := os.Stat(filepath.FromSlash(file)); err == nil && info.IsDir() {
		file = path.Join(file, "skaffold.yaml")
	}
	docs, err := read(file)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		version := doc.take("apiVersion")
		if !apiVersions.MatchString(version.text()) {
			return fmt.Errorf("%s:%d: apiVersion %q is none of skaffold's: name a skaffold.yaml", file, max(doc.line, 1), version.text())
		}
		if strings.HasPrefix(version.text(), "skaffold/v1alpha") || strings.HasPrefix(version.text(), "skaffold/v1beta") {
			return fmt.Errorf("%s:%d: apiVersion %s is older than what is read here: run skaffold fix first", file, version.line, version.text())
		}
		doc.take("kind")
		meta := doc.take("metadata")
		name := meta.take("name").text()
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		key := fmt.Sprintf("%s\x00%d", path.Clean(file), doc.line)
		if c.seen[key] {
			continue
		}
		c.seen[key] = true
		// The first module names the project: it is the one that was asked for.
		if c.project.Name == "" && len(c.modules) == 0 {
			c.project.Name = scaffold.Label(name, 63)
		}
		m := &module{doc: doc, file: file}
		c.modules = append(c.modules, m)
		if err := c.require(m); err != nil {
			return err
		}
	}
	return nil
}

// require loads the modules that one needs. A module of the same file has no path.
func (c *converter) require(m *module) error {
	for _, r := range m.doc.take("requires").list() {
		var names []string
		for _, n := range r.take("configs").list() {
			names = append(names, n.text())
		}
		where := r.take("path")
		if where == nil {
			if len(names) == 0 {
				continue // git and the like are told as lost
			}
			if r.fields["git"] == nil && r.fields["googleCloudStorage"] == nil {
				continue // all documents of this file are converted anyway
			}
			r.taken = false
			continue
		}
		file := where.text()
		if !filepath.IsAbs(filepath.FromSlash(file)) {
			file = path.Join(path.Dir(m.file), file)
		}
		if err := c.load(file, names); err != nil {
			return fmt.Errorf("%s:%d: requires: %w", m.file, where.line, err)
		}
	}
	return nil
}
