package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// message is one object of the stream that docker answers a build with.
type message struct {
	Stream string `json:"stream"`
	Status string `json:"status"`
	ID     string `json:"id"`
	Error  string `json:"error"`
	Aux    struct {
		ID string `json:"ID"`
	} `json:"aux"`
	Progress struct {
		Current int64 `json:"current"`
	} `json:"progressDetail"`
}

// reportedError is a failure in docker's words, at the step it was working on.
type reportedError struct{ message string }

func (e *reportedError) Error() string { return e.message }

// stepState is how far a build came.
type stepState struct {
	number int // from 1; 0 before the first step
	text   string
	output string // the last lines the step printed
}

var (
	stepLine = regexp.MustCompile(`^Step (\d+)/(\d+) : (.*)$`)
	// chatter is what the classic builder says about its own containers.
	chatter = regexp.MustCompile(`^( ---> [0-9a-f]*$| ---> Running in |Removing intermediate container |Successfully (built|tagged) )`)
)

// readBuild follows a build to its end and returns the image's id. When docker
// reports a failure the error is a *reportedError.
func readBuild(r io.Reader, progress func(Step)) (id string, at stepState, err error) {
	if progress == nil {
		progress = func(Step) {}
	}
	b := &buildLog{progress: progress, lines: &lineWriter{}}
	b.lines.each = b.line
	dec := json.NewDecoder(r)
	for {
		var m message
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", b.state(), err
		}
		switch {
		case m.Error != "":
			b.lines.end()
			return "", b.state(), &reportedError{strings.TrimSpace(m.Error)}
		case m.Aux.ID != "":
			id = m.Aux.ID
		case m.Stream != "":
			b.lines.Write([]byte(m.Stream))
		case m.Status != "" && m.Progress.Current == 0:
			b.status(m)
		}
	}
	b.lines.end()
	if id == "" {
		return "", b.state(), errors.New("it ended without an image; was the docker daemon stopped?")
	}
	return id, b.state(), nil
}

// buildLog tells the steps of a build from what they print.
type buildLog struct {
	progress func(Step)
	lines    *lineWriter
	at       stepState
	total    string
}

func (b *buildLog) line(text string) {
	if number, ok := b.begins(text); ok {
		b.at = stepState{number: number, text: stepLine.FindStringSubmatch(text)[3]}
		b.lines.kept = nil
		b.progress(Step{fmt.Sprintf("[%d/%s] %s", number, b.total, b.at.text)})
		return
	}
	hide := chatter.MatchString(text)
	if text == " ---> Using cache" {
		b.progress(Step{"cached"})
		hide = true
	} else if !hide && strings.TrimSpace(text) != "" {
		b.progress(Step{text})
	}
	if hide {
		b.lines.kept = b.lines.kept[:len(b.lines.kept)-1]
	}
}

// begins tells whether a line is the heading of the next step, and not merely
// printed by a step: headings come in order and agree on their total.
func (b *buildLog) begins(text string) (int, bool) {
	m := stepLine.FindStringSubmatch(text)
	if m == nil || b.total != "" && m[2] != b.total {
		return 0, false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil || number != b.at.number+1 {
		return 0, false
	}
	b.total = m[2]
	return number, true
}

// status passes on what happens to a base image that is pulled.
func (b *buildLog) status(m message) {
	text := m.Status
	if m.ID != "" {
		text = m.ID + ": " + text
	}
	b.progress(Step{text})
}

func (b *buildLog) state() stepState {
	at := b.at
	at.output = b.lines.text()
	return at
}
