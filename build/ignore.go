package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

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
	mu     sync.Mutex // a PatternMatcher compiles as it goes
}

type rule struct {
	match   *patternmatcher.PatternMatcher
	again   bool     // the line began with !
	folders []string // the pattern cut at its slashes
}

// rules reads the ignore file in force.
func (s source) rules() (*rules, error) {
	r := &rules{always: []string{s.key(s.Dockerfile)}}
	for _, file := range []string{s.ignoreFile, filepath.Join(s.Context, ignoreName)} {
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
		patterns, err := ignorefile.ReadAll(strings.NewReader(line))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		for _, pattern := range patterns {
			positive, again := strings.CutPrefix(pattern, "!")
			if positive == "" {
				return nil, fmt.Errorf("%s:%d: a lone ! names no file; write the pattern to take in again behind it", file, i+1)
			}
			m, err := patternmatcher.New([]string{positive})
			if err == nil {
				_, err = m.MatchesOrParentMatches("probe") // compiles, which may fail too
			}
			if err != nil {
				return nil, fmt.Errorf("%s:%d: pattern %q: %w", file, i+1, pattern, err)
			}
			lines = append(lines, rule{match: m, again: again, folders: strings.Split(path.Clean(positive), "/")})
		}
	}
	return lines, nil
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
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.lines) - 1; i >= 0; i-- {
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
