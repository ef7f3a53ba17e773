package cli

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/logs"
)

func TestWrongFlagsOfLogs(t *testing.T) {
	for flag, want := range map[string]string{
		"--pod=/(/":      "--pod: error parsing regexp",
		"--pod=a b":      "--pod: \"a b\" is no name or glob",
		"--grep=(":       "--grep: error parsing regexp",
		"--level=loud":   "--level: level \"loud\" is not known: it can be trace, debug",
		"--since=-1m":    "--since -1m0s: give how long ago",
		"--tail=many":    "invalid argument \"many\"",
		"--container=A*": "is no name or glob",
	} {
		var out, errOut bytes.Buffer
		code := Main([]string{"logs", flag}, nil, &out, &errOut)
		if code != exitUsage || !strings.Contains(errOut.String(), want) {
			t.Errorf("%s: exit code %d, %q; want %d with %q", flag, code, errOut.String(), exitUsage, want)
		}
	}
}

func TestReleasesOfLogs(t *testing.T) {
	p := &config.Project{File: "devloop.yaml", Releases: map[string]config.Release{"web": {}, "shop": {Needs: []string{"web"}}}}
	if got, err := releasesOf(p, nil); err != nil || strings.Join(got, " ") != "web shop" {
		t.Errorf("none named: %v, %v", got, err)
	}
	if _, err := releasesOf(p, []string{"shpo"}); err == nil || !strings.Contains(err.Error(), "did you mean shop?") {
		t.Errorf("a wrong name: %v", err)
	}
}

func TestLinesOfLogs(t *testing.T) {
	line := logs.Line{Time: time.Unix(7, 0).UTC(), Release: "shop", Namespace: "n", Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: `{"level":"warn","msg":"slow","took":"2s"}`}
	for name, tt := range map[string]struct {
		g    global
		raw  bool
		want string
	}{
		"plain": {global{output: "plain"}, false, "web │ WARN  slow took=2s\n"},
		"raw":   {global{output: "plain"}, true, "web │ " + line.Text + "\n"},
		"json":  {global{output: "json"}, false, `"type":"log","event":{"log_time":"1970-01-01T00:00:07Z","release":"shop","namespace":"n","pod":"web-6d4c9f7b8c-x2k8p","container":"web","text":"{\"level\":\"warn\",\"msg\":\"slow\",\"took\":\"2s\"}"}}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := tt.g.logWriter(&out, tt.raw)
			w.line(line)
			w.close()
			if got := out.String(); !strings.HasSuffix(got, tt.want) {
				t.Errorf("written %q, want %q at the end", got, tt.want)
			}
		})
	}
}

// writes are those that a file got.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// Whatever else writes to the same file, a line is not cut in two.
func TestLinesOfLogsAreWrittenWhole(t *testing.T) {
	for _, output := range []string{"plain", "json"} {
		var got writes
		g := global{output: output}
		w := g.logWriter(&got, false)
		const lines = 5000
		for i := range lines {
			w.line(logs.Line{Pod: "web", Container: "web", Text: strings.Repeat("x", i%300)})
		}
		w.line(logs.Line{Pod: "web", Container: "web", Text: strings.Repeat("x", 1<<20)})
		w.close()
		count := 0
		for _, text := range got {
			count += strings.Count(text, "\n")
			if !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: a write ends in %q", output, text[max(0, len(text)-20):])
			}
		}
		if count != lines+1 {
			t.Errorf("%s: %d lines, want %d", output, count, lines+1)
		}
	}
}

// A terminal that takes nothing does not hold up the loop; what it misses is
// counted, and what the loop says is not missed.
func TestASlowTerminalHoldsNobodyUp(t *testing.T) {
	for _, output := range []string{"plain", "json"} {
		t.Run(output, func(t *testing.T) {
			in, out := io.Pipe()
			g := global{output: output, color: "never"}
			cmd := &cobra.Command{}
			cmd.SetOut(out)
			cmd.SetIn(strings.NewReader(""))
			d, err := g.display(cmd, true, func() {})
			if err != nil {
				t.Fatal(err)
			}
			const lines = 50_000
			for range lines { // nobody reads yet
				d.emit(event.Log{Pod: "web", Container: "web", Text: "a line as long as lines of logs are wont to be"})
			}
			d.emit(event.Notice{Text: "the last word"})
			read := make(chan string)
			go func() {
				all, _ := io.ReadAll(in)
				read <- string(all)
			}()
			if err := d.close(); err != nil {
				t.Error(err)
			}
			out.Close()
			text := <-read
			shown := strings.Count(text, "as long as")
			gone := 0 // in one place or in several
			for _, m := range regexp.MustCompile(`dropped ([0-9,]+) lines?: the terminal is slower than the logs`).FindAllStringSubmatch(text, -1) {
				n, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
				if err != nil {
					t.Error(err)
				}
				gone += n
			}
			if gone == 0 || shown+gone != lines {
				t.Errorf("%d of %d lines are shown, and %d are said to be dropped", shown, lines, gone)
			}
			if strings.Index(text, "the last word") < strings.LastIndex(text, "as long as") {
				t.Error("the last word is not the last")
			}
		})
	}
}
