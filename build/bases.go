package build

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Base is an image that a Dockerfile builds on: one it names in FROM, COPY
// --from or RUN --mount=from=, and that is no stage of its own.
type Base struct {
	// Name is the reference in its short form, as in node:20 or, for an untagged
	// or latest one, app; build arguments are filled in.
	Name string
	// Dockerfile and Line, counted from 1, are where it is named first. Of a Go
	// program it is the context, and Line is 0.
	Dockerfile string
	Line       int
}

// BasesOf lists the images that the stages build on which the target needs,
// each once, in the file's order. A Dockerfile that cannot be read or parsed is
// an error; for its form, a *BuildError with the line.
func (s Spec) BasesOf() ([]Base, error) {
	if s.Go != nil && s.Go.base() != "" {
		return []Base{{Name: short(s.Go.base()), Dockerfile: s.Context}}, nil
	}
	if !s.hasDockerfile() {
		return nil, nil
	}
	src, err := s.source()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(src.Dockerfile)
	if err != nil {
		return nil, fmt.Errorf("image %s: Dockerfile: %w", s.Name, err)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, src.failure(stepState{}, err.Error())
	}
	var bases []Base
	seen := map[string]bool{}
	for _, use := range needed(readUses(parsed, s.Args), s.Target) {
		if !seen[use.name] {
			seen[use.name] = true
			bases = append(bases, Base{Name: use.name, Dockerfile: s.dockerfilePath(), Line: use.line})
		}
	}
	return bases, nil
}

// use is a place in a Dockerfile that names an image or a stage.
type use struct {
	stage     int    // that it belongs to
	raw, name string // as written; expanded, in its short form
	line, end int    // of the instruction
	from      int    // the stage it means; -1: an image
	flag      bool   // from= in a flag, not the image of FROM
}

// uses are all of a Dockerfile's, with the names of its stages.
type uses struct {
	all    []use
	stages []string // lower case; empty for one without a name
}

// readUses takes the parsed lines as they are: what else an instruction may say
// is for the daemon's frontend to know.
func readUses(parsed *parser.Result, args map[string]string) uses {
	var u uses
	lex := shell.NewLex(parsed.EscapeToken)
	vars := map[string]string{}
	expand := func(word string) string {
		if !utf8.ValidString(word) {
			return word // of such a one the lexer complains to the terminal
		}
		if full, _, err := lex.ProcessWord(word, environment(vars)); err == nil {
			return full
		}
		return word
	}
	add := func(node *parser.Node, raw string, flag bool) {
		name := expand(raw)
		if name == "" || strings.EqualFold(name, "scratch") || strings.EqualFold(name, "context") {
			return
		}
		from := u.find(name, len(u.stages)-1)
		if from < 0 {
			name = short(name)
		}
		u.all = append(u.all, use{stage: len(u.stages) - 1, raw: raw, name: name, line: node.StartLine, end: node.EndLine, from: from, flag: flag})
	}
	for _, node := range parsed.AST.Children {
		words := wordsOf(node)
		switch strings.ToLower(node.Value) {
		case command.Arg:
			if len(u.stages) == 0 { // arguments of stages do not count in FROM
				for _, word := range words {
					name, value, _ := strings.Cut(word, "=")
					vars[name] = expand(value)
					if given, ok := args[name]; ok {
						vars[name] = given
					}
				}
			}
		case command.From:
			if len(words) == 0 {
				continue
			}
			name := ""
			if len(words) == 3 && strings.EqualFold(words[1], "as") {
				name = strings.ToLower(words[2])
			}
			u.stages = append(u.stages, name)
			add(node, words[0], false)
		case command.Copy, command.Run, command.Add:
			for _, name := range flagged(node.Flags) {
				// A number is a stage's in COPY --from.
				if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(u.stages) {
					u.all = append(u.all, use{stage: len(u.stages) - 1, line: node.StartLine, from: n})
					continue
				}
				add(node, name, true)
			}
		}
	}
	return u
}

// find is the last stage of a name among the first ones, or -1.
func (u uses) find(name string, before int) int {
	for i := before - 1; i >= 0; i-- {
		if u.stages[i] != "" && u.stages[i] == strings.ToLower(name) {
			return i
		}
	}
	return -1
}

// needed are the uses of images by the target and the stages it builds on.
func needed(u uses, target string) []use {
	last := len(u.stages) - 1
	if target != "" {
		last = u.find(target, len(u.stages))
		if n, err := strconv.Atoi(target); err == nil && last < 0 && n < len(u.stages) {
			last = n
		}
	}
	want := map[int]bool{last: true}
	var images []use
	for stage := last; stage >= 0; stage-- { // stages build on earlier ones alone
		for _, use := range u.all {
			if use.stage != stage || !want[stage] {
				continue
			}
			want[use.from] = true
			if use.from < 0 {
				images = append(images, use)
			}
		}
	}
	slices.SortStableFunc(images, func(a, b use) int { return a.line - b.line })
	return images
}

// flagged are the images in the flags --from= and --mount=...,from=.
func flagged(flags []string) []string {
	var names []string
	for _, flag := range flags {
		if name, ok := strings.CutPrefix(flag, "--from="); ok {
			names = append(names, name)
		}
		mount, ok := strings.CutPrefix(flag, "--mount=")
		if !ok {
			continue
		}
		for _, field := range strings.Split(mount, ",") {
			if name, ok := strings.CutPrefix(field, "from="); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

func wordsOf(node *parser.Node) []string {
	var words []string
	for n := node.Next; n != nil; n = n.Next {
		words = append(words, n.Value)
	}
	return words
}

// short is a reference as people write it, without latest.
func short(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return strings.TrimSuffix(reference.FamiliarString(named), ":latest")
}

// rewrite puts references in the place of the images named in a Dockerfile: name
// -> reference. Every line stays where it is. The daemons' own frontends, which
// know other ways to the same end, know them only in their later versions.
func rewrite(text []byte, args, bases map[string]string) []byte {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil || len(bases) == 0 {
		return text // its form is for the daemon to judge
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for _, use := range readUses(parsed, args).all {
		ref, ok := bases[use.name]
		if !ok || use.from >= 0 {
			continue
		}
		before := `\s`
		if use.flag {
			before = `from=`
		}
		word := regexp.MustCompile(`(` + before + `)` + regexp.QuoteMeta(use.raw) + `([\s,]|$)`)
		for i := use.line - 1; i < min(use.end, len(lines)); i++ {
			if at := word.FindSubmatchIndex(lines[i]); at != nil {
				lines[i] = slices.Concat(lines[i][:at[3]], []byte(ref), lines[i][at[4]:])
				break
			}
		}
	}
	return bytes.Join(lines, nil)
}

// environment are variables as the lexer wants them.
type environment map[string]string

func (e environment) Get(name string) (string, bool) { v, ok := e[name]; return v, ok }
func (e environment) Keys() []string                 { return slices.Sorted(maps.Keys(e)) }
