package watch

import "fmt"

// LimitError says that the system grants no more watches. It is told through
// Options.Notice once; what could not be watched is polled instead.
type LimitError struct {
	Path    string // the first folder that could not be watched, "" when none could
	Limit   string // name of the limit, such as fs.inotify.max_user_watches
	Value   int    // its value now, 0 when unknown
	Command string // what raises it, "" when unknown
	Err     error
}

func (e *LimitError) Error() string {
	what := "watching files"
	if e.Path != "" {
		what = "watching " + e.Path
	}
	msg := fmt.Sprintf("%s: limit %s reached", what, e.Limit)
	if e.Value > 0 {
		msg += fmt.Sprintf(" (%d)", e.Value)
	}
	msg += "; looking at the files every second or less often instead, which is slower"
	if e.Command != "" {
		msg += "; raise it with: " + e.Command
	}
	return msg
}

func (e *LimitError) Unwrap() error { return e.Err }
