package build

import "strings"

// sieve tells cheaply of most paths that a pattern cannot match them, nor a folder
// they lie in: a context has many files, and the matcher asks a regular expression
// for each folder above each of them. It never holds back what does match.
type sieve struct {
	open  bool   // lets everything through: the pattern is no simple one
	head  string // how a path must begin
	depth int    // how many names a match has; 0 for any number
	tail  string // how the last name of a match ends
	whole bool   // the tail is all of that name
}

// newSieve reads a clean pattern. The matcher takes what is neither * nor ? nor a
// class as a regular expression, so only names of plain characters are simple.
func newSieve(pattern string) sieve {
	pattern = strings.TrimPrefix(pattern, "/")
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/", r)
	}
	special := func(r rune) bool { return !plain(r) }
	if strings.ContainsFunc(pattern, func(r rune) bool { return special(r) && r != '*' && r != '?' }) || pattern == "" || pattern == "." {
		return sieve{open: true}
	}
	s := sieve{head: pattern}
	if i := strings.IndexFunc(pattern, special); i >= 0 {
		s.head = pattern[:i]
	}
	last := pattern[strings.LastIndexByte(pattern, '/')+1:]
	s.tail = last[strings.LastIndexFunc(last, special)+1:]
	s.whole = s.tail == last
	if !strings.Contains(pattern, "**") {
		s.depth = strings.Count(pattern, "/") + 1
	}
	return s
}

// lets tells whether the pattern may match the path or a folder it lies in.
func (s sieve) lets(path string) bool {
	if s.open {
		return true
	}
	if !strings.HasPrefix(path, s.head) {
		return false
	}
	for depth := 1; ; depth++ {
		name, rest, more := strings.Cut(path, "/")
		if (s.depth == 0 || s.depth == depth) && strings.HasSuffix(name, s.tail) && (!s.whole || name == s.tail) {
			return true
		}
		if !more || depth == s.depth {
			return false
		}
		path = rest
	}
}
