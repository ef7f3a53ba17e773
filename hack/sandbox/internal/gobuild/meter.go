//go:build unix

package gobuild

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// interval is how often a running build says how far it is.
const interval = 5 * time.Second

// meter reads what `go build -v` says (a line for each package it compiles)
// and turns it into a line of progress every few seconds.
type meter struct {
	out   io.Writer
	name  string
	total int
	start time.Time

	mu       sync.Mutex
	rest     []byte
	last     string
	packages int
	modules  int
	errors   []string
}

func newMeter(out io.Writer, binary Binary) *meter {
	return &meter{out: out, name: binary.Name, total: binary.Packages, start: time.Now()}
}

// Start begins to report; the function it returns ends that and waits for it.
func (m *meter) Start() (stop func()) {
	done := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintln(m.out, m.line())
			}
		}
	})
	return func() {
		close(done)
		reporter.Wait()
	}
}

func (m *meter) line() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	elapsed := time.Since(m.start).Round(time.Second)
	switch {
	case m.packages > 0:
		return fmt.Sprintf("building %s: %s, %d of at most %d packages compiled, now %s",
			m.name, elapsed, m.packages, max(m.total, m.packages), m.last)
	case m.modules > 0:
		return fmt.Sprintf("building %s: %s, %d modules downloaded", m.name, elapsed, m.modules)
	}
	return fmt.Sprintf("building %s: %s, reading modules", m.name, elapsed)
}

// Write takes the build's output.
func (m *meter) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rest = append(m.rest, p...)
	for {
		line, rest, found := bytes.Cut(m.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		m.rest = rest
		m.take(string(line))
	}
}

func (m *meter) take(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		m.modules++
	case line != "" && !strings.ContainsAny(line, " :#\t"):
		m.packages++
		m.last = line
	default:
		m.errors = append(m.errors, line)
	}
}

// Errors is what the build said besides its progress, on lines of its own.
func (m *meter) Errors() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.errors) == 0 {
		return ""
	}
	return ":\n" + strings.Join(m.errors, "\n")
}
