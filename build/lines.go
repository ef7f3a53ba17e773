package build

import (
	"bytes"
	"strings"
)

const (
	keptLines = 60
	longLine  = 64 << 10 // bytes after which a line without an end is passed on
)

// lineWriter cuts what is written into lines and keeps the last of them. Of a
// line that rewrites itself with carriage returns, as progress bars do, only
// the last state counts. It is not safe for concurrent use.
type lineWriter struct {
	each func(string) // may be nil
	rest []byte
	kept []string
}

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		w.rest = append(w.rest, p[:i]...)
		w.flush()
		p = p[i+1:]
	}
	w.rest = append(w.rest, p...)
	if len(w.rest) > longLine {
		w.flush()
	}
	return n, nil
}

// end passes on a last line that has no line end.
func (w *lineWriter) end() {
	if len(w.rest) > 0 {
		w.flush()
	}
}

func (w *lineWriter) flush() {
	text := strings.TrimRight(string(w.rest), "\r")
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		text = text[i+1:]
	}
	w.rest = w.rest[:0]
	if len(w.kept) == keptLines {
		w.kept = append(w.kept[:0], w.kept[1:]...)
	}
	w.kept = append(w.kept, text)
	if w.each != nil {
		w.each(text)
	}
}

// text is the last lines, joined.
func (w *lineWriter) text() string { return strings.Join(w.kept, "\n") }
