//go:build unix

package gobuild

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Binary is a program to build.
type Binary struct {
	// Name is the name of the file.
	Name string
	// Dir is the directory of its sources below that of the sandbox's
	// module; a go.mod there makes it a module of its own.
	Dir string
	// Flags are given to the linker.
	Flags string
	// Notice says, before a build, what it is and how long it takes.
	Notice string
	// Packages is about how many packages a build from nothing compiles; 0
	// where it takes no time worth telling.
	Packages int
}

// key names what is built: the version first, for people, then a digest of
// the sources, the locked versions, the toolchain and the flags.
func (b Binary) key(module, version string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %s %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, b.Flags)
	data, err := os.ReadFile(filepath.Join(module, b.Dir, "go.mod"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the versions of modules: %w", err)
	}
	fmt.Fprintf(sum, "%q\n", versions(string(data)))
	var files []string
	err = filepath.WalkDir(filepath.Join(module, b.Dir), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		relative, err := filepath.Rel(module, path)
		files = append(files, relative)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the sources of %s: %w", b.Name, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("reading the sources of %s: %w", b.Name, err)
		}
		fmt.Fprintf(sum, "%s %d\n%s\n", filepath.ToSlash(name), len(data), data)
	}
	return version + "-" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// versions are the lines of a go.mod without comments and in order: which of
// the modules are needed directly, and by what, changes nothing that is built.
func versions(gomod string) []string {
	var lines []string
	for line := range strings.Lines(gomod) {
		line, _, _ = strings.Cut(line, "//")
		if line = strings.TrimSpace(line); strings.Contains(line, " v") {
			lines = append(lines, strings.TrimPrefix(line, "require "))
		}
	}
	slices.Sort(lines)
	return lines
}
