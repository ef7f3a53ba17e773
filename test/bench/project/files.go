package project

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Files are a project's files: slash path relative to its folder -> content.
type Files map[string]string

// Under puts the files into a folder.
func (f Files) Under(folder string) Files {
	out := Files{}
	for name, text := range f {
		out[folder+"/"+name] = text
	}
	return out
}

// With adds other files.
func (f Files) With(others Files) Files {
	maps.Copy(f, others)
	return f
}

// Write makes the files below dir.
func (f Files) Write(dir string) error {
	for name, text := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write the project: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the project: %w", err)
		}
	}
	return nil
}

// Save replaces a file as editors with safe writing do: the new content goes to
// another file, which then takes the name. staging is a folder outside of the
// project, on the same file system.
func Save(staging, path, text string) error {
	next := filepath.Join(staging, filepath.Base(path))
	if err := os.WriteFile(next, []byte(text), 0o644); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}

// Release is one entry of releases: in a devloop.yaml.
type Release struct {
	Name, Namespace, Chart string
	Lines                  []string // more keys, such as "values: [values.yaml]"
}

// Config is a devloop.yaml. images is what stands below images:, or empty.
func Config(name, images string, releases ...Release) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: devloop/v1\nproject: %s\n", name)
	if images != "" {
		fmt.Fprintf(&b, "images:\n  %s\n", images)
	}
	b.WriteString("releases:\n")
	for _, r := range releases {
		fmt.Fprintf(&b, "  %s:\n    chart: %s\n    namespace: %s\n", r.Name, r.Chart, r.Namespace)
		for _, line := range r.Lines {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	return b.String()
}
