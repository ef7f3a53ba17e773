package build

import (
	"context"
	"fmt"
	"maps"
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
	src, err := s.source()
	if err != nil {
		return Inputs{}, err
	}
	r, err := src.rules()
	if err != nil {
		return Inputs{}, err
	}
	if h == nil {
		h = digest.New()
	}
	files, err := h.Tree(ctx, src.Context, r.skip)
	if err != nil {
		return Inputs{}, fmt.Errorf("image %s: read the context: %w", s.Name, err)
	}
	for _, key := range r.always {
		if _, ok := files[key]; ok {
			continue
		}
		if files[key], err = h.File(src.path(key)); err != nil {
			return Inputs{}, fmt.Errorf("image %s: read %s: %w", s.Name, key, err)
		}
	}
	return Inputs{Files: files, Digest: src.sum(files)}, nil
}

func (s source) sum(files digest.Tree) string {
	parts := []string{scheme, modeRule, files.Sum(), s.key(s.Dockerfile), s.Target, s.Platform, strconv.Itoa(len(s.Args))}
	for _, name := range slices.Sorted(maps.Keys(s.Args)) {
		parts = append(parts, name, s.Args[name])
	}
	return digest.Of(parts...)
}
