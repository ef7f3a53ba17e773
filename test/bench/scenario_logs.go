package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/devloop-dev/devloop/internal/machine"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// What following the logs takes and gives.
const (
	perMillion metric = "per million" // seconds of CPU time for a million lines that were written
	missing    metric = "missing"     // lines that were written and not shown
	repeated   metric = "repeated"    // lines that were shown once more
)

// sternVersion is what devloop's logs are compared with: the last one that Go 1.26 builds.
const sternVersion = "v1.33.0"

const (
	writers = 10
	// headStart is the time between the start of a follower and that of the pods.
	headStart = 2 * time.Second
	// quiet is how long nothing may come before a follower is taken to be through.
	quiet = 5 * time.Second
)

// followed has pods write lines as fast as they can from their start, and follows
// them: with devloop logs, and with stern.
func followed() scenario {
	return scenario{Name: "logs", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		lines, runs := b.size(50_000, 2_000), min(b.runs, b.size(5, 1))
		dir, ns, err := b.writers(ctx, lines)
		if err != nil {
			return nil, err
		}
		run := func(command ...string) func(context.Context) (sample, error) {
			return func(ctx context.Context) (sample, error) { return b.follow(ctx, ns, lines, command) }
		}
		arms := []arm{{report.Subject, runs, run(b.devloop, "logs", "-f", dir)}}
		var most []report.Target
		if !b.quick { // its build takes minutes
			stern, err := b.install(ctx, "github.com/stern/stern@"+sternVersion)
			if err != nil {
				return nil, err
			}
			other := arm{"stern " + sternVersion, runs, run(stern, "--namespace", ns, "--color", "never", ".")}
			arms, most = append(arms, other), []report.Target{{Times: 1, Of: other.Name}}
		}
		return &plan{Arms: arms, Rows: []row{
			{Metric: perMillion, Work: fmt.Sprintf("logs followed from the start of %d pods, %s lines each: CPU time for a million lines", writers, thousands(lines)),
				Unit: report.Seconds, Targets: most},
			{Metric: memory, Work: "same: most resident memory", Unit: report.Megabytes, Targets: most},
			{Metric: missing, Work: "same: lines that were not shown", Unit: report.Count, Targets: []report.Target{{Most: 0, Always: true}}},
			{Metric: repeated, Work: "same: lines that were shown again", Unit: report.Count, Targets: []report.Target{{Most: 0, Always: true}}},
		}}, nil
	}}
}

// writers deploys the pods, none of which runs yet.
func (b *bench) writers(ctx context.Context, lines int) (dir, namespace string, err error) {
	if namespace, err = b.namespace(ctx, "logs"); err != nil {
		return "", "", err
	}
	if dir, err = b.folder("logs"); err != nil {
		return "", "", err
	}
	files := project.Deployment().Under("chart").With(project.Files{
		valuesFile:         project.Replicas(0),
		"image/Dockerfile": fmt.Sprintf("FROM scratch\nCOPY writer /writer\nENTRYPOINT [\"/writer\", \"-lines\", \"%d\", \"-stay\"]\n", lines),
		"devloop.yaml": project.Config("bench", "bench-writer: {context: image}", project.Release{
			Name: release, Namespace: namespace, Chart: "chart",
			Lines: []string{"values: [" + valuesFile + "]", "images: {image: bench-writer}"},
		}),
	})
	if err := files.Write(dir); err != nil {
		return "", "", err
	}
	if err := b.program(ctx, "logs/testdata/writer", filepath.Join(dir, "image", "writer")); err != nil {
		return "", "", err
	}
	return dir, namespace, b.once(ctx, dir)
}

// follow starts a follower, then the pods, and counts what it shows of them.
func (b *bench) follow(ctx context.Context, namespace string, lines int, command []string) (s sample, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return s, fmt.Errorf("follow the logs: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return s, fmt.Errorf("follow the logs: %w", err)
	}
	count := &tally{lines: lines, shown: map[string][]int{}}
	read := make(chan error, 1)
	go func() { read <- count.read(out) }()

	begin := func() error {
		select {
		case <-time.After(headStart):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := b.scale(ctx, namespace, writers); err != nil {
			return err
		}
		return count.wait(ctx)
	}
	err = begin()
	peak, known, peakErr := machine.Peak(cmd.Process.Pid)
	err = errors.Join(err, peakErr, cmd.Process.Signal(os.Interrupt), <-read)
	_ = cmd.Wait() // it was interrupted
	err = errors.Join(err, b.scale(ctx, namespace, 0), b.observer.AwaitPods(ctx, namespace, 0))
	if err != nil {
		return s, fmt.Errorf("%w; %s said: %s", err, filepath.Base(command[0]), said.Bytes())
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.Values = map[metric]float64{perMillion: took.Seconds() * 1e6 / float64(writers*lines)}
	s.Values[missing], s.Values[repeated] = count.result()
	if known {
		s.Values[memory] = peak / 1e6
	}
	return s, nil
}

// scale sets how many of the pods there are to be.
func (b *bench) scale(ctx context.Context, namespace string, n int) error {
	return workshop.Patch(ctx, b.client, namespace, fmt.Sprintf(`{"spec":{"replicas":%d}}`, n), release)
}

// tally is how often each line of each pod was shown. Only the totals may be read
// before the reader has ended.
type tally struct {
	lines           int
	shown           map[string][]int // what comes before the line's text -> by the line's number
	total, distinct atomic.Int64
}

// read takes what a follower prints until it ends.
func (c *tally) read(r io.Reader) error {
	in := bufio.NewScanner(r)
	for in.Scan() {
		who, number, is := strings.Cut(in.Text(), "line ")
		n, err := strconv.Atoi(number)
		if !is || err != nil || n < 0 || n >= c.lines {
			continue // a word of the follower's own
		}
		if c.shown[who] == nil {
			c.shown[who] = make([]int, c.lines)
		}
		if c.shown[who][n]++; c.shown[who][n] == 1 {
			c.distinct.Add(1)
		}
		c.total.Add(1)
	}
	return in.Err()
}

// wait blocks until nothing comes any more, which is soon after all has come: lines
// may come again.
func (c *tally) wait(ctx context.Context) error {
	look := time.NewTicker(quiet / 50)
	defer look.Stop()
	for last, since := int64(0), time.Now(); ; {
		limit := quiet
		switch {
		case last == 0:
			limit = patience / 2 // the pods have to start
		case c.distinct.Load() == int64(writers*c.lines):
			limit = quiet / 5
		}
		if now := c.total.Load(); now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > limit {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// result is how many lines were not shown, and how many once more.
func (c *tally) result() (missing, again float64) {
	missing = float64(writers * c.lines)
	for _, lines := range c.shown {
		for _, n := range lines {
			if n > 0 {
				missing--
				again += float64(n - 1)
			}
		}
	}
	return missing, again
}
