package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

const (
	ignoreName   = ".dockerignore"
	ignoreSuffix = ".dockerignore"
)

// Ignore returns the rules of the image's ignore file as a skip function for a
// walk or a watch over the context: it is given a path relative to the context,
// with slashes. For a folder it is true only when nothing below can be an input.
//
// The rules are docker's (https://docs.docker.com/build/concepts/context/):
// <Dockerfile>.dockerignore beside the Dockerfile, else .dockerignore in the
// context; the last line that matches decides; a line that begins with ! takes
// files in again. The Dockerfile and the ignore file are never skipped. The
// rules are those of the moment of the call: ask again when the ignore file
// changes. The function is safe for concurrent use. Context and Dockerfile may
// be missing, so that a watch can wait for them; a bad pattern is an error that
// names file and line.
func (s Spec) Ignore() (func(rel string, dir bool) bool, error) {
	src, err := s.source()
	if errors.Is(err, fs.ErrNotExist) {
		src, err = s.asGiven(), nil
	}
	if err != nil {
		return nil, err
	}
	r, err := src.rules()
	if err != nil {
		return nil, err
	}
	return r.skip, nil
}

// rules are the lines of one ignore file.
type rules struct {
	file   string   // key of the ignore file in force, empty when there is none
	always []string // keys that are inputs whatever the lines say
	lines  []rule
}

type rule struct {
	match   *patternmatcher.PatternMatcher // compiled: matching only reads it
	sieve   sieve
	again   bool     // the line began with !
	folders []string // the pattern cut at its slashes
}

// rules reads the ignore file in force.
func (s source) rules() (*rules, error) {
	r := &rules{}
	switch {
	case s.Go != nil:
		return r, nil // go knows what it reads
	case s.hasDockerfile():
		r.always = []string{s.key(s.Dockerfile)}
	default:
		r.always = s.commandFiles()
	}
	for _, file := range []string{s.ignoreFile, filepath.Join(s.Context, ignoreName)} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("image %s: ignore file: %w", s.Name, err)
		}
		if r.lines, err = parseRules(file, string(text)); err != nil {
			return nil, fmt.Errorf("image %s: %w", s.Name, err)
		}
		r.file = s.key(file)
		r.always = append(r.always, r.file)
		return r, nil
	}
	return r, nil
}

// parseRules reads line by line, so that an error can name its line.
func parseRules(file, text string) ([]rule, error) {
	var lines []rule
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			line = "\n" + line // a byte order mark counts in the first line alone
		}
		patterns, err := ignorefile.ReadAll(strings.NewReader(line))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		for _, pattern := range patterns {
			if pattern == "!" {
				return nil, fmt.Errorf("%s:%d: a lone ! names no file; write the pattern to take in again behind it", file, i+1)
			}
			r, err := newRule(pattern)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: pattern %q: %w", file, i+1, pattern, err)
			}
			lines = append(lines, r)
		}
	}
	return lines, nil
}

// newRule has docker's matcher say how it understands a pattern, and makes of that
// one that does not begin with !.
func newRule(pattern string) (rule, error) {
	m, err := patternmatcher.New([]string{pattern})
	if err != nil {
		return rule{}, err
	}
	read := m.Patterns()[0]
	positive := filepath.ToSlash(read.String())
	if strings.HasPrefix(positive, "!") {
		positive = `\` + positive
	}
	if m, err = patternmatcher.New([]string{positive}); err != nil {
		return rule{}, err
	}
	if _, err := m.MatchesOrParentMatches("probe"); err != nil { // compiles, which may fail too
		return rule{}, err
	}
	return rule{match: m, sieve: newSieve(positive), again: read.Exclusion(), folders: strings.Split(positive, "/")}, nil
}

func (r *rules) skip(rel string, dir bool) bool {
	for _, key := range r.always {
		if rel == key || dir && strings.HasPrefix(key, rel+"/") {
			return false
		}
	}
	ignored, last := r.decide(rel)
	if !ignored || !dir {
		return ignored
	}
	// Only a later line can take in something below this folder, and only one
	// that reaches deeper: a shorter one would have taken in the folder too.
	for _, line := range r.lines[last+1:] {
		if line.again && reachesBelow(line.folders, strings.Split(rel, "/")) {
			return false
		}
	}
	return true
}

// decide tells whether a path is ignored, and the index of the line that says so.
func (r *rules) decide(rel string) (ignored bool, line int) {
	for i := len(r.lines) - 1; i >= 0; i-- {
		if !r.lines[i].sieve.lets(rel) {
			continue
		}
		// The pattern compiled when it was read: no error is left.
		if ok, _ := r.lines[i].match.MatchesOrParentMatches(rel); ok {
			return !r.lines[i].again, i
		}
	}
	return false, -1
}

// reachesBelow tells whether a pattern may match something below a folder.
func reachesBelow(pattern, folder []string) bool {
	for i, name := range folder {
		if i == len(pattern) {
			return false
		}
		if strings.Contains(pattern[i], "**") {
			return true
		}
		if ok, err := path.Match(pattern[i], name); err == nil && !ok {
			return false
		}
	}
	return len(pattern) > len(folder)
}
