package scaffold

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// source is one thing a Dockerfile copies from its context.
type source struct {
	text string // as written, without a leading ./ or /
	line int
}

// copied lists what COPY and ADD take from the context: not from other stages, not
// from the net, nothing that a variable names. A Dockerfile that cannot be read
// copies nothing: docker says what is wrong with it.
func copied(file string) []source {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	parsed, err := parser.Parse(f)
	if err != nil {
		return nil
	}
	var out []source
	for _, step := range parsed.AST.Children {
		if name := strings.ToUpper(step.Value); name != "COPY" && name != "ADD" || fromElsewhere(step.Flags) {
			continue
		}
		var words []string
		for n := step.Next; n != nil; n = n.Next {
			words = append(words, n.Value)
		}
		if len(words) < 2 {
			continue
		}
		for _, w := range words[:len(words)-1] { // the last one is where to
			if strings.Contains(w, "$") || strings.Contains(w, "://") || strings.HasPrefix(w, "<<") {
				continue
			}
			w = strings.TrimPrefix(path.Clean("/"+w), "/")
			if w == "" {
				w = "."
			}
			out = append(out, source{w, step.StartLine})
		}
	}
	return out
}

func fromElsewhere(flags []string) bool {
	for _, f := range flags {
		if strings.HasPrefix(f, "--from=") {
			return true
		}
	}
	return false
}

// prebuild finds the make target that makes what a Dockerfile copies: one called as
// the copied path, or as the folder at its beginning, as bin is for bin/server.
func prebuild(dir, context string, sources []source) (command []string, because string) {
	targets := makeTargets(filepath.Join(dir, filepath.FromSlash(context), "Makefile"))
	for _, s := range sources {
		first, _, _ := strings.Cut(s.text, "/")
		for _, name := range []string{s.text, first} {
			if targets[name] {
				return []string{"make", name}, fmt.Sprintf("its Dockerfile copies %s (line %d), which make %s makes", s.text, s.line, name)
			}
		}
	}
	return nil, ""
}

var makeRule = regexp.MustCompile(`(?m)^([A-Za-z0-9_./-]+(?:[ \t]+[A-Za-z0-9_./-]+)*)[ \t]*::?(?:[^=]|$)`)

func makeTargets(file string) map[string]bool {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	targets := map[string]bool{}
	for _, m := range makeRule.FindAllSubmatch(data, -1) {
		for _, name := range strings.Fields(string(m[1])) {
			targets[name] = !strings.HasPrefix(name, ".")
		}
	}
	return targets
}
