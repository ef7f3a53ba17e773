//go:build e2e || sandbox

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnImageOnAnotherOfTheProject has the server's image built on one of its own.
func TestAnImageOnAnotherOfTheProject(t *testing.T) {
	p := open(t, "hello")
	for name, text := range map[string]string{"base/Dockerfile": "FROM scratch\nCOPY note /note\n", "base/note": "one\n"} {
		if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p.edit("server/Dockerfile", func(s string) string { return strings.Replace(s, "FROM scratch", "FROM base", 1) })
	p.edit("devloop.yaml", func(s string) string { return strings.Replace(s, "images:\n", "images:\n  base: {context: base}\n", 1) })
	p.start()
	p.live()
	p.answers("hello", "/", "Hello, world!")
	first := p.image("hello")

	p.edit("base/note", func(string) string { return "two\n" })
	p.live()
	p.answers("hello", "/", "Hello, world!")
	if now := p.image("hello"); now == first {
		t.Errorf("image is still %s on another base", now)
	}

	good := "FROM scratch\nCOPY note /note\n"
	p.edit("base/Dockerfile", func(string) string { return "FROM scratch\nCOPY gone /note\n" })
	p.failed("base/Dockerfile:2", "gone")
	p.edit("base/Dockerfile", func(string) string { return good })
	p.edit("base/note", func(string) string { return "one\n" })
	p.live()
	if now := p.image("hello"); now != first {
		t.Errorf("image %s, want %s again", now, first)
	}
}
