package build

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/devloop-dev/devloop/internal/digest"
)

// scheme is part of every digest. It changes when the same files would be packed
// in another way, so that old tags are not taken for new content.
const scheme = "devloop image 1"

// Inputs is what an image is made from, at one moment.
type Inputs struct {
	// Files maps each input file to the digest of its content and mode. Keys are
	// paths relative to the context, with slashes; a Dockerfile outside the
	// context and its ignore file have keys that begin with "../". The Dockerfile
	// and the ignore file are in it even where the rules ignore them. Empty
	// folders, sockets and devices are no inputs.
	Files map[string]string
	// Digest is a sha256 in hex over the files, which of them is the Dockerfile,
	// target, platform and build arguments.
	Digest string
}

// Tag is the image tag of these inputs: "dl-" and the first 16 hex digits of
// the digest.
func (i Inputs) Tag() string {
	return "dl-" + i.Digest[:min(16, len(i.Digest))]
}

// Inputs reads what the image would be built from now. Files that h has read
// before and that did not change since are not read again; a nil h remembers
// nothing. It fails when the context or the Dockerfile is missing (the error
// wraps fs.ErrNotExist) and when the ignore file has a bad pattern (the error
// names file and line).
func (s Spec) Inputs(ctx context.Context, h *digest.Hasher) (Inputs, error) {
	files, err := s.Files(ctx, h)
	if err != nil {
		return Inputs{}, err
	}
	return s.InputsOf(files)
}

// InputsOf is Inputs for files that Files or FilesAfter has read.
func (s Spec) InputsOf(files digest.Tree) (Inputs, error) {
	src, err := s.source()
	if err != nil {
		return Inputs{}, err
	}
	return Inputs{Files: files.Map(), Digest: src.sum(files)}, nil
}

func (s source) sum(files digest.Tree) string {
	switch {
	case s.Go != nil:
		return s.goSum(files)
	case len(s.Custom) > 0:
		return digest.Of(append([]string{scheme, "custom", modeRule, files.Sum(), s.Platform}, s.Custom...)...)
	}
	parts := []string{scheme, modeRule, files.Sum(), s.key(s.Dockerfile), s.Target, s.Platform, strconv.Itoa(len(s.Args))}
	for _, name := range slices.Sorted(maps.Keys(s.Args)) {
		parts = append(parts, name, s.Args[name])
	}
	return digest.Of(parts...)
}

// goSum is the digest of what an image with a Go program is made from.
func (s source) goSum(files digest.Tree) string {
	g := s.Go
	system, arch, variant := s.platform()
	parts := []string{scheme, "go", files.Sum(), g.Package, s.program(), g.base(), g.User, system, arch, variant, strconv.Itoa(len(g.Env))}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		parts = append(parts, name, g.Env[name])
	}
	for _, port := range g.Ports {
		parts = append(parts, "port", strconv.Itoa(port))
	}
	for _, name := range []string{"GOFLAGS", "GOEXPERIMENT", "GOAMD64", "GOARM", "GOARM64"} {
		parts = append(parts, name, os.Getenv(name))
	}
	return digest.Of(append(parts, g.flags()...)...)
}
