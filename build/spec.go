package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
)

// Spec says what one image is built from. All paths are absolute.
type Spec struct {
	// Name of the image without a tag, as in `docker build -t NAME`.
	Name string
	// Context is the folder whose files COPY and ADD may use.
	Context string
	// Dockerfile is a file within or outside the context. Default: the file
	// named Dockerfile in the context.
	Dockerfile string
	// Target is the stage to stop at. Default: the last one.
	Target string
	// Platform is os/arch[/variant]. Default: the daemon's own.
	Platform string
	// Args are the build arguments (ARG).
	Args map[string]string
}

// Ref is the full reference, name and tag, that these inputs are built to.
func (s Spec) Ref(in Inputs) string {
	return s.Name + ":" + in.Tag()
}

// WatchPaths are the files and folders to watch for changes of this image: the
// context, and the Dockerfile with its ignore file where they lie outside of it
// or a link leads outside. They need not exist.
func (s Spec) WatchPaths() []string {
	paths := []string{s.Context}
	add := func(context, path string) {
		if !inside(keyOf(context, path)) {
			paths = append(paths, path)
		}
	}
	given := s.asGiven()
	add(s.Context, given.Dockerfile)
	add(s.Context, given.ignoreFile)
	if src, err := s.source(); err == nil && src.Dockerfile != given.Dockerfile {
		add(src.Context, src.Dockerfile) // what a link leads to
	}
	return paths
}

// source is a Spec that was checked, with its defaults filled in and its
// symbolic links followed: a link's own digest says nothing of what it leads to.
type source struct {
	Spec
	ignoreFile string // the ignore file of the Dockerfile alone, under the name the user gave
}

// asGiven has the defaults alone.
func (s Spec) asGiven() source {
	if s.Dockerfile == "" {
		s.Dockerfile = filepath.Join(s.Context, "Dockerfile")
	}
	return source{Spec: s, ignoreFile: s.Dockerfile + ignoreSuffix}
}

func (s Spec) source() (source, error) {
	src := s.asGiven()
	given := src.Dockerfile
	named, err := reference.ParseNormalizedNamed(s.Name)
	if err != nil {
		return source{}, fmt.Errorf("image name %q: %w; use lower case letters, digits and .-_/ as in registry/team/app", s.Name, err)
	}
	if !reference.IsNameOnly(named) {
		return source{}, fmt.Errorf("image name %q: leave the tag out, it is made from the content", s.Name)
	}
	if src.Context, err = s.follow("context folder", s.Context, true); err != nil {
		return source{}, err
	}
	if src.Dockerfile, err = s.follow("Dockerfile", given, false); err != nil {
		return source{}, err
	}
	beside, err := filepath.EvalSymlinks(filepath.Dir(given))
	if err != nil {
		return source{}, fmt.Errorf("image %s: %w", s.Name, err)
	}
	src.ignoreFile = filepath.Join(beside, filepath.Base(given)+ignoreSuffix)
	return src, nil
}

// follow is where a path leads, once it is known to be of the right kind.
func (s Spec) follow(what, path string, dir bool) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("image %s: the %s %q is not an absolute path", s.Name, what, path)
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("image %s: there is no %s %s: %w", s.Name, what, path, fs.ErrNotExist)
	}
	if err != nil {
		return "", fmt.Errorf("image %s: %s: %w", s.Name, what, err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", fmt.Errorf("image %s: %s: %w", s.Name, what, err)
	}
	if info.IsDir() != dir {
		return "", fmt.Errorf("image %s: %s is no %s", s.Name, path, what)
	}
	return real, nil
}

func (s source) key(path string) string { return keyOf(s.Context, path) }

// path undoes key.
func (s source) path(key string) string {
	if local := filepath.FromSlash(key); filepath.IsAbs(local) {
		return local
	}
	return filepath.Join(s.Context, filepath.FromSlash(key))
}

// keyOf names a file relative to the context, with slashes. Where there is no
// way from one to the other (two Windows volumes) it is the path itself.
func keyOf(context, path string) string {
	rel, err := filepath.Rel(context, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// inside tells whether a key names a file within the context.
func inside(key string) bool {
	return key != ".." && !strings.HasPrefix(key, "../") && !filepath.IsAbs(filepath.FromSlash(key))
}
