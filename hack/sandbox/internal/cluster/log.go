//go:build linux

package cluster

import (
	"os"
	"strings"
)

const (
	// maxLog is the size in bytes from which on a log is set aside.
	maxLog = 16 << 20
	// tailLines and tailWidth are how much of a log a message shows.
	tailLines, tailWidth = 10, 240
)

// rotate keeps one older log, so that logs do not grow for ever.
func rotate(log string) {
	if info, err := os.Stat(log); err == nil && info.Size() > maxLog {
		_ = os.Rename(log, log+".old")
	}
}

// tail reads the end of a log.
func tail(log string) string {
	data, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	return ending(string(data))
}

// ending is the last lines of a text, each cut to a readable length; of a
// text that ends in a crash it is the first lines of that, since the last ones
// are of no use.
func ending(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	from := max(0, len(lines)-tailLines)
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "panic: ") || strings.HasPrefix(lines[i], "fatal error: ") {
			from = i
			break
		}
	}
	lines = lines[from:min(len(lines), from+tailLines)]
	for i, line := range lines {
		if len(line) > tailWidth {
			lines[i] = strings.ToValidUTF8(line[:tailWidth], "") + "..."
		}
	}
	return strings.Join(lines, "\n")
}
