package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/devloop-dev/devloop/test/bench/project"
)

// source is a Go file of the example's app and a word in it that is edited. The
// number of lines stays: where code stands is part of a binary.
type source struct{ file, text, word string }

// sourceOf reads a file of a copy of the example.
func sourceOf(dir, file, word string) (source, error) {
	path := filepath.Join(dir, filepath.FromSlash(file))
	text, err := read(path)
	if err == nil && strings.Count(text, word) != 1 {
		err = fmt.Errorf("edit %s: %q is not there once", path, word)
	}
	return source{path, text, word}, err
}

// A line of code, which changes the binary, and a comment, which does not.
func lineOf(dir string) (source, error) {
	return sourceOf(dir, "app/internal/web/page.go", `"a link"`)
}

func commentOf(dir string) (source, error) {
	return sourceOf(dir, "app/internal/web/page.go", "// page is what index.html shows.")
}

// save puts other words into the file, with the note in them.
func (s source) save(staging, note string) error {
	word := strings.TrimRight(s.word, `".`)
	return project.Save(staging, s.file, strings.Replace(s.text, s.word, word+", "+note+s.word[len(word):], 1))
}

// once runs one pass of devloop on a project.
func (b *bench) once(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, b.devloop, "up", "--once", "-f", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("devloop up --once: %w: %s", err, out)
	}
	return nil
}
