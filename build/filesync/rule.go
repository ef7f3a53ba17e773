package filesync

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Rule says where files go in a container.
type Rule struct {
	// From is a pattern below the context, with *, ?, [], {} and **. Without any of
	// these it names a file, or a folder with all below.
	From string
	// To is an absolute folder in the container. Below it, files have their paths
	// as seen from the part of From before its first wildcard.
	To string
	// Exec is a command that runs in the container after files of the rule were
	// copied. Default: none.
	Exec []string
	// Signal, as in HUP, is sent to the first process of the container after that.
	// Default: none.
	Signal string
}

// Target is where a file of the context goes, if the rule is for it. The path is
// seen from the context, with slashes.
func (r Rule) Target(file string) (target string, ok bool) {
	base, pattern := doublestar.SplitPattern(r.From)
	if !wild(r.From) {
		base, pattern = r.From, "**"
		if file == r.From {
			return path.Join(r.To, path.Base(file)), true
		}
	}
	rest := file
	if base != "." {
		if rest, ok = strings.CutPrefix(file, base+"/"); !ok {
			return "", false
		}
	}
	if match, err := doublestar.Match(pattern, rest); err != nil || !match {
		return "", false
	}
	return path.Join(r.To, rest), true
}

func wild(pattern string) bool { return strings.ContainsAny(pattern, `*?[{\`) }

// find is the first rule that is for a file.
func find(rules []Rule, file string) (rule int, target string, ok bool) {
	for i, r := range rules {
		if target, ok = r.Target(file); ok {
			return i, target, true
		}
	}
	return 0, "", false
}

// Matches tells whether one of the rules is for a file.
func Matches(rules []Rule, file string) bool {
	_, _, ok := find(rules, file)
	return ok
}
