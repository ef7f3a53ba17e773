package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
)

// version is the version of the form of a line. Lines of others are passed over.
const version = 1

// The kinds of changes. Start is the first look of a process, Nothing a save that
// changed no content.
const (
	Start    = "start"
	Values   = "values"
	Template = "template" // and everything else of a chart but its values
	Image    = "image"    // at least one image is made from what changed
	Config   = "config"   // devloop.yaml
	Retry    = "retry"
	Nothing  = "nothing"
)

// Entry is what came of one change.
type Entry struct {
	Version int           `json:"v"`
	Time    time.Time     `json:"time"` // when it was over
	Kind    string        `json:"kind"`
	Cause   string        `json:"cause,omitempty"` // what changed
	Verdict event.Verdict `json:"verdict"`
	Seconds float64       `json:"seconds,omitempty"` // from the save until it was over
	Built   int           `json:"built,omitempty"`   // images that were built
	Stages  []Stage       `json:"stages,omitempty"`
}

// Stage is a part of a change.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // of all its targets together
}

const suffix = ".history.jsonl"

// Path is where the history of a project is kept, in the user's cache folder.
// project is the absolute path of its devloop.yaml.
func Path(project string) (string, error) { return beside(project, suffix) }

func beside(project, suffix string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the history: %w", err)
	}
	return filepath.Join(dir, "devloop", digest.Of(project)[:16]+suffix), nil
}

// mostBytes is how long a history gets before its older half is dropped: about
// five thousand changes.
const mostBytes = 2 << 20

// forgetAfter is how long a history stays that nobody adds to.
const forgetAfter = 365 * 24 * time.Hour

// Writer appends to a history. It is safe for concurrent use.
type Writer struct {
	mu     sync.Mutex
	file   *os.File
	now    func() time.Time
	failed func(error)
	open   map[int]*Entry // iterations under way
}

// Open opens a history to write to, and shortens it where it has become long. The
// first write that fails is given to failed, and nothing is written after it.
func Open(path string, now func() time.Time, failed func(error)) (*Writer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("keep the history: %w", err)
	}
	if err := shorten(path); err != nil {
		return nil, fmt.Errorf("keep the history: %w", err)
	}
	sweep(filepath.Dir(path), now())
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the history: %w", err)
	}
	return &Writer{file: f, now: now, failed: failed, open: map[int]*Entry{}}, nil
}

// sweep removes histories that nobody adds to. What cannot be removed stays.
func sweep(dir string, now time.Time) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && now.Sub(info.ModTime()) > forgetAfter {
			_ = os.Remove(f)
		}
	}
}

// shorten drops the older half of a long history.
func shorten(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= mostBytes {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, newer, _ := bytes.Cut(data[len(data)/2:], []byte("\n"))
	next := path + ".new"
	if err := os.WriteFile(next, newer, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// Observe is an event.Sink.
func (w *Writer) Observe(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := e.(type) {
	case event.Changed:
		w.open[e.Iteration] = &Entry{Kind: kindOf(e)}
	case event.Planned:
		for _, a := range e.Actions {
			if it := w.open[e.Iteration]; it != nil && a.Do == "rebuild" && it.Kind != Start && it.Kind != Retry {
				it.Kind = Image
			}
		}
	case event.Unchanged:
		w.write(Entry{Kind: Nothing, Cause: cause(e.Paths), Verdict: event.Live})
	case event.Done:
		it := w.open[e.Iteration]
		if it == nil {
			return
		}
		delete(w.open, e.Iteration)
		it.Cause, it.Verdict, it.Seconds = e.Cause, e.Verdict, e.Took.Seconds()
		for _, s := range e.Stages {
			it.add(s.Name, s.Took.Seconds())
			if s.Name == "build" && !s.Skipped {
				it.Built++
			}
		}
		w.write(*it)
	}
}

func (e *Entry) add(name string, seconds float64) {
	for i := range e.Stages {
		if e.Stages[i].Name == name {
			e.Stages[i].Seconds += seconds
			return
		}
	}
	e.Stages = append(e.Stages, Stage{name, seconds})
}

func (w *Writer) write(e Entry) {
	if w.file == nil {
		return
	}
	e.Version, e.Time = version, w.now().UTC().Truncate(time.Millisecond)
	data, err := json.Marshal(e)
	if err == nil {
		_, err = w.file.Write(append(data, '\n'))
	}
	if err != nil {
		w.failed(fmt.Errorf("keep the history: %w", err))
		_ = w.file.Close() // it has failed already
		w.file = nil
	}
}

// Close ends it.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// Read reads the changes of a history since a time, oldest first. A file that is
// not there is an empty history; lines that cannot be read are passed over.
func Read(path string, since time.Time) ([]Entry, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	defer f.Close()
	var out []Entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Version == version && !e.Time.Before(since) {
			out = append(out, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return out, nil
}
