package scaffold

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Survey is what a folder holds of what devloop works with. Paths in it are
// relative to Dir, with slashes; "." is Dir itself.
type Survey struct {
	Dir    string // absolute
	Charts []Chart
	Builds []Build
	Values []string // values files other than the charts' own defaults
}

// maxDepth is how many folders below the project's one are looked into.
const maxDepth = 8

// found are the files that say something, before they are read.
type found struct{ charts, dockerfiles, values []string }

// Look surveys a folder. Hidden folders, vendored packages, outputs of builds and
// testdata are not looked into. A chart whose Chart.yaml or values.yaml cannot be
// read is an error.
func Look(ctx context.Context, dir string) (*Survey, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("look for charts: %w", err)
	}
	f, err := walk(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("look for charts and Dockerfiles: %w", err)
	}
	s := &Survey{Dir: dir}
	if s.Charts, err = readCharts(dir, f.charts); err != nil {
		return nil, err
	}
	s.Builds = readBuilds(dir, f.dockerfiles)
	s.Values = f.values
	return s, nil
}

func walk(ctx context.Context, dir string) (found, error) {
	var f found
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, relErr := filepath.Rel(dir, p)
		if relErr != nil {
			return relErr
		}
		rel = filepath.ToSlash(rel)
		if err != nil { // a folder that may not be read is none of ours
			if rel == "." {
				return err
			}
			return fs.SkipDir
		}
		if d.IsDir() {
			if rel != "." && (unlikely(d.Name()) || strings.Count(rel, "/") >= maxDepth || f.inChart(rel)) {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case d.Name() == "Chart.yaml":
			f.charts = append(f.charts, path.Dir(rel))
		case isDockerfile(d.Name()):
			f.dockerfiles = append(f.dockerfiles, rel)
		case isValues(rel):
			f.values = append(f.values, rel)
		}
		return nil
	})
	f.values = slices.DeleteFunc(f.values, func(v string) bool {
		return path.Base(v) == "values.yaml" && slices.Contains(f.charts, path.Dir(v))
	})
	return f, err
}

// inChart: the folder is a part of a chart that holds no projects of its own.
// WalkDir comes to Chart.yaml before it comes to these, as names are sorted and
// capitals come first.
func (f *found) inChart(rel string) bool {
	return slices.Contains([]string{"charts", "templates", "crds"}, path.Base(rel)) && slices.Contains(f.charts, path.Dir(rel))
}

func unlikely(name string) bool {
	return strings.HasPrefix(name, ".") ||
		slices.Contains([]string{"node_modules", "vendor", "testdata", "__pycache__", "venv", "dist", "target"}, name)
}

func isDockerfile(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".dockerignore") {
		return false
	}
	return name == "Dockerfile" || name == "Containerfile" ||
		strings.HasPrefix(name, "Dockerfile.") || strings.HasSuffix(lower, ".dockerfile")
}

// isValues: a YAML file that is called values, or lies in a folder called so.
func isValues(rel string) bool {
	ext := path.Ext(rel)
	if ext != ".yaml" && ext != ".yml" {
		return false
	}
	name := strings.TrimSuffix(path.Base(rel), ext)
	return slices.Contains(words(name), "values") || slices.Contains(words(path.Base(path.Dir(rel))), "values")
}

// words splits a name at whatever is neither letter nor digit, in lower case.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}
