package ui

import (
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// timeline says where an iteration's time went, in brackets. Of stages of several
// targets, which run side by side, the longest counts; what took less than a
// person can feel is left out.
func timeline(stages []event.Stage) string {
	var names []string
	longest := map[string]time.Duration{}
	for _, s := range stages {
		if _, known := longest[s.Name]; !known {
			names = append(names, s.Name)
		}
		longest[s.Name] = max(longest[s.Name], s.Took)
	}
	var words []string
	for _, name := range names {
		if longest[name] >= 5*time.Millisecond {
			words = append(words, name+" "+seconds(longest[name]))
		}
	}
	if len(words) < 2 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}
