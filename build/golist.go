package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/devloop-dev/devloop/internal/digest"
)

// goPackage is what go list says of a package; see go help list.
type goPackage struct {
	Dir, Name, ImportPath string
	Standard, DepOnly     bool
	Module                *goModule

	GoFiles, InvalidGoFiles, SFiles, HFiles, SysoFiles, EmbedFiles []string

	Error *struct{ Pos, Err string }
}

type goModule struct {
	Dir, GoMod string
	Main       bool
	Replace    *struct{ Version string }
}

const goListFields = "-json=Dir,Name,ImportPath,Standard,DepOnly,Module,GoFiles,InvalidGoFiles,SFiles,HFiles,SysoFiles,EmbedFiles,Error"

// goFiles digests the files that go build would read, but for those of the
// standard library, for which its VERSION stands, and of the module cache, for
// which go.sum does.
func (s source) goFiles(ctx context.Context, h *digest.Hasher) (digest.Tree, error) {
	if h == nil {
		h = digest.New()
	}
	packages, err := s.goList(ctx)
	if err != nil {
		return digest.Tree{}, err
	}
	files := map[string]bool{}
	root := moduleOf(s.Context)
	for _, p := range packages {
		switch {
		case p.ImportPath == "runtime" && p.Standard:
			files[filepath.Join(p.Dir, "..", "..", "VERSION")] = true
		case !p.Standard && p.Dir != "" && p.isLocal(root):
			p.addFiles(files)
		}
	}
	addModuleFiles(files, root)
	var tree digest.Tree
	for path := range files {
		sum, err := h.Content(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // such as go.sum; one that go listed and that went since shows in the digest
		}
		if err != nil {
			return digest.Tree{}, fmt.Errorf("image %s: read %s: %w", s.Name, path, err)
		}
		tree = tree.With(s.key(path), sum)
	}
	return tree, nil
}

// isLocal tells whether a package's files may change while its version does not.
func (p goPackage) isLocal(root string) bool {
	m := p.Module
	return m == nil || m.Main || m.Replace != nil && m.Replace.Version == "" || inside(keyOf(root, p.Dir))
}

func (p goPackage) addFiles(files map[string]bool) {
	for _, some := range [][]string{p.GoFiles, p.InvalidGoFiles, p.SFiles, p.HFiles, p.SysoFiles, p.EmbedFiles} {
		for _, name := range some {
			files[filepath.Join(p.Dir, filepath.FromSlash(name))] = true
		}
	}
	if p.Module != nil && p.Module.GoMod != "" {
		files[p.Module.GoMod] = true
	}
}

// goList asks go for the program's package and all that it is built from. What is
// wrong with a package is for the compiler to say.
func (s source) goList(ctx context.Context) ([]goPackage, error) {
	args := append([]string{"list", "-deps", "-e", goListFields}, s.Go.flags()...)
	cmd := exec.CommandContext(ctx, "go", append(args, "--", s.Go.Package)...)
	cmd.Dir = s.Context
	cmd.Env = append(os.Environ(), s.goEnv()...)
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("image %s: go list cancelled: %w", s.Name, context.Cause(ctx))
	}
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("image %s: there is no go command in PATH to build %s: %w", s.Name, s.Go.Package, err)
	}
	if err != nil {
		return nil, s.goFailure(words.String(), err)
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("image %s: read what go list says: %w", s.Name, err)
		}
		if !p.DepOnly {
			if err := s.isProgram(p); err != nil {
				return nil, err
			}
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// isProgram makes sure that the package is there and is a program. Files that do
// not parse count: they are told of by the build.
func (s source) isProgram(p goPackage) error {
	switch {
	case len(p.GoFiles)+len(p.InvalidGoFiles) == 0 && p.Error != nil:
		return fmt.Errorf("image %s: go: %s: %s", s.Name, s.Go.Package, strings.TrimSpace(p.Error.Err))
	case p.Name != "main" && p.Name != "" && len(p.InvalidGoFiles) == 0:
		return fmt.Errorf("image %s: go: %s is package %s, not a program; name a folder with a package main", s.Name, s.Go.Package, p.Name)
	}
	return nil
}
