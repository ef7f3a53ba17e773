package loop

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/request"
)

// prebuildRuns bounds how often a prebuild command runs in a row.
const prebuildRuns = 3

// prebuild runs an image's command and returns the digest of the build context it
// leaves. What the command itself writes is learned: a file that changed during a
// run was written by the command, or saved by the user, whose edit the command
// may have missed. So it runs until a run changes nothing but what was known as
// its own before. Its own are then the files that changed and that the last run
// wrote again; with a command that writes something else each time, those that
// every run wrote.
func (w *worker) prebuild(ctx context.Context, name string, im config.Image, out *imageOutcome) (build.Inputs, error) {
	start := time.Now()
	w.record.begins(w.target, "prebuild")
	reader := w.opts.reader()
	before, err := reader.Image(ctx, w.look.project, name)
	if err != nil {
		return build.Inputs{}, err
	}
	own := out.outputs
	out.ran = true
	changed := map[string]bool{}
	var always, last map[string]bool // written by every run, by the last
	quiet := false
	var failed error
	for run := 0; run < prebuildRuns && !quiet; run++ {
		began := time.Now()
		end := w.runs.begin(w.target)
		command := build.Prebuild{Dir: im.Context, Command: im.Prebuild}
		failed = command.Run(ctx, func(line string) {
			w.opts.Emit(event.Output{Iteration: w.it.number, Target: name, Text: line})
		})
		end(true)
		if ctx.Err() != nil {
			return build.Inputs{}, ctx.Err()
		}
		after, err := reader.Image(ctx, w.look.project, name)
		if err != nil {
			return build.Inputs{}, err
		}
		quiet = true
		for _, path := range before.Diff(after) {
			changed[path] = true
			quiet = quiet && own[path]
		}
		before, last = after, w.writtenSince(began, after)
		always = common(always, last)
	}
	if !quiet {
		last = always
	}
	learned := maps.Clone(own)
	if learned == nil {
		learned = map[string]bool{}
	}
	maps.Copy(learned, common(changed, last))
	out.inputs, out.outputs, out.touched = before, learned, last
	w.left.Store(&left{before, time.Now()})
	if failed != nil {
		return build.Inputs{}, failed
	}
	in, err := request.Image(name, im).Inputs(ctx, w.opts.Hasher)
	if err != nil {
		return build.Inputs{}, err
	}
	w.record.stage(event.Stage{Name: "prebuild", Target: name, Took: time.Since(start)})
	return in, nil
}

// common is what is in the two sets; a nil set is everything.
func common(a, b map[string]bool) map[string]bool {
	if a == nil {
		return b
	}
	set := map[string]bool{}
	for path := range a {
		if b[path] {
			set[path] = true
		}
	}
	return set
}

// writtenSince lists the files that were written after a moment, whether that
// changed them or not.
func (w *worker) writtenSince(start time.Time, tree digest.Tree) map[string]bool {
	written := map[string]bool{}
	for path := range tree.Paths() {
		info, err := os.Lstat(filepath.Join(w.opts.dir(), filepath.FromSlash(path)))
		// File systems keep coarser times than the clock tells.
		if err == nil && !info.ModTime().Before(start.Add(-10*time.Millisecond)) {
			written[path] = true
		}
	}
	return written
}
