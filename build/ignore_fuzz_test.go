package build

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// FuzzIgnore holds the rules against docker's own matcher: what is ignored is the
// same, what is no rule there is an error here that names a line, and a folder is
// skipped only where nothing below is an input.
func FuzzIgnore(f *testing.F) {
	for _, text := range []string{
		"", "*", "**", "!", "#a\n\na", "a\n!a/b", "**/*.go\n!vendor/**", "/a/\r\n ./b ", "\ufeffa", "[a-", "a\\", `a\*b`, "..", "!..", ".", "a//b", "a/../b", "!a/./b/",
		"*\n!b\nb/c", "(a|b)", "a.b$", "{a,b}", "[^a]*", "\xff", "?", "a/**/b", "**a/b", "***", "!/", "!!a", "!../..", "a\n\ufeffb", "a+/b\na.*",
	} {
		f.Add(text, "a/b/c")
		f.Add(text, "b")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		name = path.Clean(strings.TrimPrefix(name, "/"))
		if !filepath.IsLocal(name) || name == "." || strings.Contains(name, `\`) || len(text) > 300 || len(name) > 60 {
			return // no walk gives such a path
		}
		lines, err := parseRules("f", text)
		patterns, readErr := ignorefile.ReadAll(strings.NewReader(text))
		if readErr != nil {
			if err == nil {
				t.Fatalf("docker: %v; no error here", readErr)
			}
			return
		}
		moby, mobyErr := patternmatcher.New(patterns)
		var want bool
		if mobyErr == nil {
			want, mobyErr = moby.MatchesOrParentMatches(name)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("error without a line: %v", err)
			}
			return // docker finds some mistakes only when a path comes that far
		}
		if mobyErr != nil {
			t.Fatalf("docker: %v; no error here", mobyErr)
		}
		r := &rules{lines: lines}
		if got := r.skip(name, false); got != want {
			t.Fatalf("%q ignored: %v, docker says %v", name, got, want)
		}
		for i := range name {
			if dir := name[:i]; name[i] == '/' && !want && r.skip(dir, true) {
				t.Fatalf("folder %q is skipped though %q is not ignored", dir, name)
			}
		}
	})
}

// FuzzDockerfile checks that no Dockerfile is a panic for what reads it here: the
// images it builds on, and the line that a failed step began in.
func FuzzDockerfile(f *testing.F) {
	for _, text := range []string{
		"", "FROM", "FROM scratch\nCOPY . /\n", "ARG V=1\nFROM a:${V} AS b\nFROM b\nCOPY --from=c /x /y\n", "FROM a\nRUN <<EOF\nx\nEOF\n",
		"# escape=`\nFROM a `\n AS b\n", "FROM a\nRUN --mount=type=cache,from=b,target=/x y\n", "FROM $A\nFROM ${B:-c}\nFROM ${D:?}\n",
		"ONBUILD FROM a\n", "FROM a\nCOPY --from=0 a b\nCOPY --from=9 a b\nCOPY --from=-1 a b\n", "\xff\xfe", "FROM a\nRUN \\\n\n\n  x\n",
		"#syntax=docker/dockerfile:1\nFROM --platform=$BUILDPLATFORM a\n",
	} {
		f.Add([]byte(text), "", 1)
		f.Add([]byte(text), "b", 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, target string, step int) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(string(text), "\n") + 1
		if at := lineOf(string(text), stepState{number: step}); at < 0 || at > lines {
			t.Errorf("step %d begins in line %d of %d", step, at, lines)
		}
		bases, err := Spec{Name: "app", Context: dir, Target: target, Args: map[string]string{"A": "x"}}.BasesOf()
		if err != nil {
			if _, parseErr := parser.Parse(strings.NewReader(string(text))); parseErr == nil {
				t.Errorf("docker reads it, and here: %v", err)
			}
			return
		}
		for _, b := range bases {
			if b.Name == "" || b.Line < 1 || b.Line > lines {
				t.Errorf("base %+v of %d lines", b, lines)
			}
		}
	})
}
