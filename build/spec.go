package build

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/devloop-dev/devloop/internal/digest"
)

// Spec says what one image is built from. All paths are absolute.
type Spec struct {
	// Name of the image without a tag, as in `docker build -t NAME`.
	Name string
	// Context is the folder whose files COPY and ADD may use.
	Context string
	// Go makes the image of a Go program and Custom by a command of the user's own;
	// at most one is set. Without a Dockerfile, Dockerfile, Target, Args, Secrets and
	// SSH have no meaning.
	Go *GoBuild
	// Custom is a program and its arguments, as in Prebuild. It runs in the context
	// folder, is told by the environment variable IMAGE what to build, and leaves an
	// image of that reference in the docker daemon. Its inputs are the files that
	// .dockerignore lets in, and those of the context that the command names.
	Custom []string
	// Dockerfile is a file within or outside the context. Default: the file
	// named Dockerfile in the context.
	Dockerfile string
	// Target is the stage to stop at. Default: the last one.
	Target string
	// Platform is os/arch[/variant]. Default: the daemon's own.
	Platform string
	// Args are the build arguments (ARG). SOURCE_DATE_EPOCH (seconds since 1970)
	// among them is the time that all files of the context get.
	Args map[string]string
	// Bases are the images to use for some names in FROM, COPY --from and RUN
	// --mount=from=: name, as BasesOf has it, -> reference. A reference by content
	// makes the image's own tag follow what it is built on.
	Bases map[string]string
	// Secrets are for RUN --mount=type=secret. What they hold goes neither into
	// the image nor into its tag: with another one alone, nothing is built.
	Secrets []Secret
	// SSH are agents for RUN --mount=type=ssh: "default", or ID or ID=SOCKET; the
	// socket's default is that of SSH_AUTH_SOCK.
	SSH []string

	project string // label of the image; see Naming
}

// hasDockerfile tells whether the image is built by one.
func (s Spec) hasDockerfile() bool { return s.Go == nil && len(s.Custom) == 0 }

// Ref is the full reference, name and tag, that these inputs are built to where
// no base image is in the daemon; see Docker.Ref.
func (s Spec) Ref(in Inputs) string { return s.refOn(in, nil) }

// refOn is the reference for inputs that are built on images of which the ids are
// known, beside those that the spec names: a tag must not mean two bases.
func (s Spec) refOn(in Inputs, ids map[string]string) string {
	bases := maps.Clone(s.Bases)
	if bases == nil {
		bases = map[string]string{}
	}
	maps.Copy(bases, ids)
	if len(bases) > 0 {
		parts := []string{"devloop bases", in.Digest}
		for _, name := range slices.Sorted(maps.Keys(bases)) {
			parts = append(parts, name, bases[name])
		}
		in.Digest = digest.Of(parts...)
	}
	return s.Name + ":" + in.Tag()
}

// dockerfilePath is the Dockerfile as the user knows it.
func (s Spec) dockerfilePath() string { return s.asGiven().Dockerfile }

// WatchPaths are the files and folders to watch for changes of this image: the
// context, and the Dockerfile with its ignore file where they lie outside of it
// or a link leads outside. They need not exist.
//
// Those of a Go program are also the folders of the modules on this machine that
// it may be built from.
func (s Spec) WatchPaths() []string {
	switch {
	case s.Go != nil:
		return s.goWatchPaths()
	case !s.hasDockerfile():
		return []string{s.Context}
	}
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
	if !s.hasDockerfile() {
		s.Dockerfile = ""
		return source{Spec: s}
	}
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
	if !s.hasDockerfile() {
		return src, nil
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
		setting := "dockerfile"
		if dir {
			setting = "context"
		}
		return "", &absentError{fmt.Sprintf("image %s: there is no %s %s: make it, or correct the image's %s", s.Name, what, path, setting)}
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

// absentError says that a file is not there.
type absentError struct{ text string }

func (e *absentError) Error() string { return e.text }
func (e *absentError) Unwrap() error { return fs.ErrNotExist }

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
