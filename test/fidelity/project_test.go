//go:build sandbox

package fidelity

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// placeholder stands for the namespace in a case's texts.
const placeholder = "@NS@"

// project is a release's files as they are between two steps.
type project struct {
	files   map[string]string
	links   map[string]string // symbolic links of a chart on disk, to absolute targets
	archive string            // a .tgz, instead of files
	values  map[string]any
	set     map[string]any
}

func newProject(c *chartCase) (*project, error) {
	p := &project{files: maps.Clone(c.Files), links: map[string]string{}, values: c.Values}
	if p.files == nil {
		p.files = map[string]string{}
	}
	switch {
	case c.dir == "":
		return p, nil
	case strings.HasSuffix(c.dir, ".tgz"):
		p.archive = c.dir
		return p, nil
	}
	return p, p.read(c.dir)
}

func (p *project) read(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(path), target)
			}
			p.links[rel] = target
			return nil
		}
		data, err := os.ReadFile(path)
		p.files[filepath.ToSlash(rel)] = string(data)
		return err
	})
}

// edit applies a step's changes of the files.
func (p *project) edit(s step) error {
	if s.Values != nil {
		p.values = *s.Values
	}
	if s.Set != nil {
		p.set = s.Set
	}
	for path, changes := range s.Edit {
		text, ok := p.files[path]
		if !ok {
			return fmt.Errorf("step %q: there is no file %s", s.Name, path)
		}
		for old, new := range changes {
			if !strings.Contains(text, old) {
				return fmt.Errorf("step %q: %s does not contain %q", s.Name, path, old)
			}
			text = strings.ReplaceAll(text, old, new)
		}
		p.files[path] = text
	}
	maps.Copy(p.files, s.Write)
	for _, path := range s.Remove {
		if _, ok := p.files[path]; !ok {
			return fmt.Errorf("step %q: there is no file %s to remove", s.Name, path)
		}
		delete(p.files, path)
	}
	return nil
}

// write puts the files below dir, for one namespace, and returns the chart's
// path and the values files.
func (p *project) write(dir, namespace string) (chart string, values []string, err error) {
	if p.values != nil {
		data, err := yaml.Marshal(p.values)
		if err != nil {
			return "", nil, err
		}
		path := filepath.Join(dir, "values.yaml")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), placeholder, namespace)), 0o644); err != nil {
			return "", nil, err
		}
		values = []string{path}
	}
	if p.archive != "" {
		return p.archive, values, nil
	}
	chart = filepath.Join(dir, "chart")
	if err := os.RemoveAll(chart); err != nil {
		return "", nil, err
	}
	for path, text := range p.files {
		full := filepath.Join(chart, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return "", nil, err
		}
		if err := os.WriteFile(full, []byte(strings.ReplaceAll(text, placeholder, namespace)), 0o644); err != nil {
			return "", nil, err
		}
	}
	for path, target := range p.links {
		full := filepath.Join(chart, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return "", nil, err
		}
		if err := os.Symlink(target, full); err != nil {
			return "", nil, err
		}
	}
	return chart, values, nil
}
