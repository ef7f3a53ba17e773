package build

import (
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// above is the nearest folder with a file of that name, from dir upwards, or
// empty.
func above(dir, name string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// moduleOf is the folder of the module that a folder belongs to; where there is
// none, which go will tell, the folder itself.
func moduleOf(dir string) string {
	if root := above(dir, "go.mod"); root != "" {
		return root
	}
	return dir
}

// workspaceOf is the folder of the go.work in force, or empty.
func workspaceOf(dir string) string {
	switch file := os.Getenv("GOWORK"); file {
	case "":
		return above(dir, "go.work")
	case "off":
		return ""
	default:
		return filepath.Dir(file)
	}
}

// addModuleFiles adds those that say which modules are used, there or not.
func addModuleFiles(files map[string]bool, root string) {
	for _, name := range []string{"go.mod", "go.sum", "vendor/modules.txt"} {
		files[filepath.Join(root, filepath.FromSlash(name))] = true
	}
	if work := workspaceOf(root); work != "" {
		files[filepath.Join(work, "go.work")] = true
		files[filepath.Join(work, "go.work.sum")] = true
	}
}

// localModules are the folders of modules on this machine that the one at root
// may be built from, itself first: those of its workspace and those it is told to
// take in place of others.
func localModules(root string) []string {
	dirs := []string{root}
	seen := map[string]bool{root: true}
	add := func(from, path string) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(from, filepath.FromSlash(path))
		}
		if path = filepath.Clean(path); !seen[path] {
			seen[path] = true
			dirs = append(dirs, path)
		}
	}
	if work := workspaceOf(root); work != "" {
		if text, err := os.ReadFile(filepath.Join(work, "go.work")); err == nil {
			if f, err := modfile.ParseWork("go.work", text, nil); err == nil {
				for _, use := range f.Use {
					add(work, use.Path)
				}
				for _, r := range f.Replace {
					if r.New.Version == "" {
						add(work, r.New.Path)
					}
				}
			}
		}
	}
	for _, dir := range append([]string(nil), dirs...) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			continue
		}
		if f, err := modfile.Parse("go.mod", text, nil); err == nil {
			for _, r := range f.Replace {
				if r.New.Version == "" {
					add(dir, r.New.Path)
				}
			}
		}
	}
	return dirs
}

// goWatchPaths are the folders that hold what a program may be built from, the
// context first.
func (s Spec) goWatchPaths() []string {
	paths := []string{s.Context}
	root := moduleOf(s.Context)
	add := func(path string) {
		if path != s.Context && !inside(keyOf(s.Context, path)) {
			paths = append(paths, path)
		}
	}
	for _, dir := range localModules(root) {
		add(dir)
	}
	if work := workspaceOf(root); work != "" {
		add(filepath.Join(work, "go.work"))
		add(filepath.Join(work, "go.work.sum"))
	}
	return paths
}
