package logs

import (
	"fmt"
	"regexp"
	"strings"
)

// Filter chooses lines. Each part that is set must agree; the zero value lets
// every line pass.
type Filter struct {
	Pod       *regexp.Regexp // on the pod's name
	Container *regexp.Regexp // on the container's name
	Grep      *regexp.Regexp // on the text as it was written
	Exclude   *regexp.Regexp // on the same: what it finds does not pass
	// Level is the least that passes, by LevelOf. A line that tells no level has
	// that of the record it belongs to: indented lines that of the line before,
	// what follows the head of a crash's trace is part of it. All others count
	// as Info.
	Level Level
}

// follows reports whether lines of a container can pass.
func (f *Filter) follows(pod, container string) bool {
	return (f.Pod == nil || f.Pod.MatchString(pod)) && (f.Container == nil || f.Container.MatchString(container))
}

// passes reports whether a text passes; t is what came before in its container.
func (f *Filter) passes(text string, t *trail) bool {
	if f.Level > Trace && t.level(text) < f.Level {
		return false
	}
	return (f.Grep == nil || f.Grep.MatchString(text)) && (f.Exclude == nil || !f.Exclude.MatchString(text))
}

// trail knows the level of a container's lines so far.
type trail struct {
	last    Level
	crashed bool // within a crash's trace, which ends with the next line that tells a level
}

func (t *trail) level(text string) Level {
	own := LevelOf(text)
	switch {
	case own != Unknown:
		t.last, t.crashed = own, isCrash(text)
	case t.crashed || t.last != Unknown && (text == "" || text[0] == ' ' || text[0] == '\t'):
	default:
		t.last = Info
	}
	return t.last
}

func isCrash(text string) bool {
	for _, start := range crashes {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// Matcher applies a Filter to lines of many containers. It is not safe for
// concurrent use.
type Matcher struct {
	filter Filter
	trails map[[3]string]*trail
}

// NewMatcher returns a Matcher that has seen no line yet.
func NewMatcher(f Filter) *Matcher { return &Matcher{filter: f, trails: map[[3]string]*trail{}} }

// Match reports whether the next line of its container passes.
func (m *Matcher) Match(l Line) bool {
	if !m.filter.follows(l.Pod, l.Container) {
		return false
	}
	key := [3]string{l.Namespace, l.Pod, l.Container}
	t := m.trails[key]
	if t == nil {
		if len(m.trails) > remembered {
			clear(m.trails) // costs the level of a trace that goes on at worst
		}
		t = &trail{}
		m.trails[key] = t
	}
	return m.filter.passes(l.Text, t)
}

// PodPattern reads what a user says to choose pods: a name, which stands for the
// pod and for all whose name goes on with a dash, as those of a deployment do; a
// glob with * and ?, for the whole name; or a regular expression between slashes.
func PodPattern(text string) (*regexp.Regexp, error) { return pattern(text, "(-.*)?") }

// ContainerPattern is like PodPattern, but a name stands for itself alone.
func ContainerPattern(text string) (*regexp.Regexp, error) { return pattern(text, "") }

func pattern(text, more string) (*regexp.Regexp, error) {
	if inner, ok := strings.CutPrefix(text, "/"); ok {
		inner, ok = strings.CutSuffix(inner, "/")
		if !ok {
			return nil, fmt.Errorf("%q begins as a regular expression does: end it with a slash too", text)
		}
		return regexp.Compile(inner)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-.*?", r) }); i >= 0 || text == "" {
		return nil, fmt.Errorf("%q is no name or glob: give a regular expression as /%s/", text, text)
	}
	glob := strings.NewReplacer("*", ".*", "?", ".", ".", `\.`).Replace(text)
	if strings.ContainsAny(text, "*?") {
		more = ""
	}
	return regexp.Compile("^" + glob + more + "$")
}
