package ui

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/logs"
)

// filter chooses lines of pods.
type filter struct {
	text  string         // as the user gave it
	found *regexp.Regexp // nil: any
	level *logs.Matcher  // nil: any
}

// levelTerm is a level in a filter: level>=warn, level=warn or level>warn all mean
// that level and above.
var levelTerm = regexp.MustCompile(`(?:^|\s)level\s*(?:>=|=|>)\s*(\S+)(?:\s|$)`)

// parseFilter reads what the user typed: a regular expression, which looks at the
// names of pod and container and at the text, and level>=NAME, before or after it.
// Nothing is no filter.
func parseFilter(text string) (*filter, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	f := &filter{text: text}
	if at := levelTerm.FindStringSubmatchIndex(text); at != nil {
		level, err := logs.ParseLevel(text[at[2]:at[3]])
		if err != nil {
			return nil, err
		}
		f.level = logs.NewMatcher(logs.Filter{Level: level})
		text = strings.TrimSpace(text[:at[0]] + " " + text[at[1]:])
	}
	if text == "" {
		return f, nil
	}
	var err error
	if f.found, err = regexp.Compile(text); err != nil {
		return nil, fmt.Errorf("no regular expression: %w", err)
	}
	return f, nil
}

// passes tells whether a line is shown. A nil filter shows all.
func (f *filter) passes(e event.Log) bool {
	if f == nil {
		return true
	}
	if f.level != nil && !f.level.Match(logLine(e)) {
		return false
	}
	return f.found == nil || f.found.MatchString(e.Pod+" "+e.Container+" "+e.Text)
}
