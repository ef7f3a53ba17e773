package logs

import (
	"fmt"
	"strings"
)

// Level is how grave a line is.
type Level int

// The levels. Unknown is that of a line that does not tell.
const (
	Unknown Level = iota
	Trace
	Debug
	Info
	Warn
	Error
	Fatal
)

const levelNames = "unknown trace debug info warn error fatal"

func (l Level) String() string {
	for i, name := range strings.Fields(levelNames) {
		if Level(i) == l {
			return name
		}
	}
	return fmt.Sprintf("level %d", int(l))
}

// ParseLevel reads a level's name as logging libraries write it, in any case,
// such as warn, warning, WRN or W.
func ParseLevel(name string) (Level, error) {
	if l := levelOf(name); l != Unknown {
		return l, nil
	}
	return Unknown, fmt.Errorf("level %q is not known: it can be trace, debug, info, warn, error or fatal", name)
}

func levelOf(name string) Level {
	switch strings.ToLower(name) {
	case "trace", "trc", "t", "10", "finest", "finer":
		return Trace
	case "debug", "dbg", "d", "20", "fine", "verbose":
		return Debug
	case "info", "inf", "i", "30", "information", "informational", "notice", "config":
		return Info
	case "warn", "warning", "wrn", "w", "40":
		return Warn
	case "error", "err", "e", "50", "severe":
		return Error
	case "fatal", "ftl", "f", "60", "panic", "pnc", "dpanic", "critical", "crit", "c", "alert", "emerg", "emergency":
		return Fatal
	}
	// slog writes levels between its own as INFO+2 or DEBUG-4.
	if i := strings.IndexAny(name, "+-"); i > 1 {
		return levelOf(name[:i])
	}
	return Unknown
}

// LevelOf finds the level of a line: that of a JSON record, of a level=value
// field, of a klog header, or a level's name among its first words. A line with
// which the trace of a crash begins is an error.
func LevelOf(text string) Level {
	if strings.HasPrefix(strings.TrimLeft(text, " "), "{") {
		if r, ok := ParseRecord(text); ok {
			return r.Level
		}
	}
	for _, start := range crashes {
		if strings.HasPrefix(text, start) {
			return Error
		}
	}
	if text == "" || text[0] == ' ' || text[0] == '\t' {
		return Unknown
	}
	for _, key := range [...]string{"level=", "lvl=", "severity="} {
		if i := strings.Index(text, key); i == 0 || i > 0 && text[i-1] == ' ' {
			value, _, _ := strings.Cut(strings.TrimPrefix(text[i+len(key):], `"`), " ")
			return levelOf(strings.TrimRight(value, `",`))
		}
	}
	// klog: Lmmdd hh:mm:ss.uuuuuu
	if len(text) > 6 && strings.IndexByte("IWEF", text[0]) >= 0 && text[5] == ' ' && digits(text[1:5]) {
		return levelOf(text[:1])
	}
	return named(text)
}

// crashes are how the traces of Go, Python, Java and Node.js begin.
var crashes = [...]string{"panic: ", "fatal error: ", "Traceback (most recent call last)", "Exception in thread ", "Uncaught "}

// named looks for a level's name among the first words, as in "[WARN] text",
// "2006-01-02 15:04:05 ERROR text" or "info: text". A name of less than three
// letters could be anything, and so could one in small letters inside a sentence.
func named(text string) Level {
	for range 5 {
		word, rest, _ := strings.Cut(text, " ")
		bare := strings.Trim(word, "[]()<>|:")
		if len(bare) >= 3 && !digits(bare) && (bare == strings.ToUpper(bare) || bare != word) {
			if l := levelOf(bare); l != Unknown {
				return l
			}
		}
		if rest == "" {
			break
		}
		text = rest
	}
	return Unknown
}

func digits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
