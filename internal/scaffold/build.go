package scaffold

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Build is an image that can be built here.
type Build struct {
	Context    string
	Dockerfile string // relative to Survey.Dir, not to the context
	// Names are what it could be called, the likeliest first.
	Names []string
	// Prebuild is the command that makes what the Dockerfile copies, and Because
	// what that was told by; empty for none.
	Prebuild []string
	Because  string
}

// variants are the ends of Dockerfile.X and X.Dockerfile that say how an image is
// built, not which.
var variants = []string{"dev", "development", "local", "prod", "production", "release", "test", "tests", "ci", "debug", "base", "alpine", "debian", "ubuntu", "distroless"}

// readBuilds makes one Build of each Dockerfile, or of the best one where several
// build the same image in several ways.
func readBuilds(dir string, files []string) []Build {
	best := map[string]string{} // folder and image -> file
	var order []string
	for _, file := range files {
		image, variant := dockerfileFor(file)
		key := path.Dir(file) + "\x00" + image
		old, seen := best[key]
		if !seen {
			order = append(order, key)
		}
		if !seen || variant < variantOf(old) {
			best[key] = file
		}
	}
	var out []Build
	for _, key := range order {
		out = append(out, readBuild(dir, best[key]))
	}
	return out
}

// dockerfileFor is the image a Dockerfile's name tells, "" when it tells none, and
// how far the file is from being the one to use: the plain one first.
func dockerfileFor(file string) (image string, variant int) {
	name := path.Base(file)
	var tag string
	switch {
	case strings.HasPrefix(name, "Dockerfile."):
		tag = strings.TrimPrefix(name, "Dockerfile.")
	case strings.HasSuffix(strings.ToLower(name), ".dockerfile"):
		tag = name[:len(name)-len(".dockerfile")]
	}
	if i := slices.Index(variants, strings.ToLower(tag)); i >= 0 {
		return "", i + 1
	}
	return tag, 0
}

func variantOf(file string) int {
	_, v := dockerfileFor(file)
	return v
}

func readBuild(dir, file string) Build {
	b := Build{Dockerfile: file}
	sources := copied(filepath.Join(dir, filepath.FromSlash(file)))
	b.Context = contextOf(dir, path.Dir(file), sources)
	b.Prebuild, b.Because = prebuild(dir, b.Context, sources)
	image, _ := dockerfileFor(file)
	add := func(name string) {
		if name != "" && name != "." && !slices.Contains(b.Names, name) {
			b.Names = append(b.Names, name)
		}
	}
	add(image)
	folder := path.Dir(file)
	if image == "" || folder != b.Context {
		for slices.Contains([]string{"docker", "build", "deploy", "package", "container"}, path.Base(folder)) && folder != b.Context {
			folder = path.Dir(folder)
		}
		add(path.Base(path.Join(filepath.ToSlash(dir), folder)))
	}
	if image == "" {
		add(goModule(filepath.Join(dir, filepath.FromSlash(b.Context), "go.mod")))
		add(nodePackage(filepath.Join(dir, filepath.FromSlash(b.Context), "package.json")))
	}
	return b
}

// contextOf is the folder from which a Dockerfile finds the most of what it
// copies: its own, or the nearest above it.
func contextOf(dir, folder string, sources []source) string {
	best, most := folder, -1
	for at := folder; ; at = path.Dir(at) {
		n := 0
		for _, s := range sources {
			if s.text == "." || s.text == "./" {
				continue
			}
			if hits, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(at), filepath.FromSlash(s.text))); err == nil && len(hits) > 0 {
				n++
			}
		}
		if n > most {
			best, most = at, n
		}
		if at == "." {
			return best
		}
	}
}

var (
	goModuleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)
	majorVersion = regexp.MustCompile(`^v[0-9]+$`)
)

// goModule is the last part of a Go module's name.
func goModule(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	m := goModuleLine.FindSubmatch(data)
	if m == nil {
		return ""
	}
	name := string(m[1])
	if majorVersion.MatchString(path.Base(name)) {
		name = path.Dir(name)
	}
	return path.Base(name)
}

// nodePackage is the name of an npm package without its scope.
func nodePackage(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	var p struct{ Name string }
	if json.Unmarshal(data, &p) != nil || p.Name == "" {
		return ""
	}
	return path.Base(p.Name)
}
