package ui

import (
	"os"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// reflowing is a terminal that breaks lines anew when it is made narrower, as all
// but xterm do. The footer then takes more lines than the renderer believes, which
// would draw the next one below the remains.
type reflowing struct {
	*os.File
	mu     sync.Mutex
	before string // what is written
}

// Write writes what goes before, once, and then p.
func (r *reflowing) Write(p []byte) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before == "" {
		return r.File.Write(p)
	}
	before := r.before
	r.before = ""
	n, err = r.File.Write(append([]byte(before), p...))
	return max(0, n-len(before)), err
}

// narrowed has what was drawn removed where it is now, before anything else is
// written. The cursor is at the beginning of the last line of it.
func (r *reflowing) narrowed(drawn string, columns int) {
	lines := strings.Split(drawn, "\n")
	above := len(lines) - 1
	rows := 0
	for _, l := range lines[:above] {
		rows += max(1, (ansi.StringWidth(l)+columns-1)/max(columns, 1))
	}
	if rows == above || os.Getenv("XTERM_VERSION") != "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = "\r" + ansi.CursorUp(rows) + ansi.EraseScreenBelow
	if above > 0 {
		r.before += ansi.CursorDown(above)
	}
}
