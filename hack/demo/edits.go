package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// edit is a change a person could make in an editor: old is replaced by new,
// once.
type edit struct {
	what, file, old, new string
}

// story is a value, a template and a line of Go. The line has the time in it, so
// that no earlier demo has built it already.
func story() []edit {
	line := `return "a link, seen at ` + time.Now().Format(time.TimeOnly) + `"`
	return []edit{
		{"a value", "values/local.yaml", "app:\n  replicas: 1\n", "app:\n  replicas: 2\n"},
		{"a template", "sms-checker-chart/templates/services.yaml", "metadata:\n", "metadata:\n  annotations: {edited-by: demo}\n"},
		{"a line of Go", "app/internal/web/page.go", `return "a link"`, line},
	}
}

// keepUp leaves the loop to the person at the terminal.
func keepUp(ctx context.Context, devloop, example string) error {
	fmt.Printf("demo: devloop up in %s\n", relative(example))
	fmt.Println("demo: edit values/local.yaml, a template, or a .go file there and watch; Ctrl-C ends; devloop down cleans up")
	cmd := exec.CommandContext(ctx, devloop, "up", "-f", example)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// The terminal sends Ctrl-C to both: devloop ends by itself.
	cmd.Cancel = func() error { return nil }
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// edits tells the story without a person, on a copy of the example.
func edits(ctx context.Context, devloop, example string) (err error) {
	dir, err := os.MkdirTemp("", "devloop-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		return fmt.Errorf("copy the example: %w", err)
	}
	events := filepath.Join(dir, ".events.jsonl")
	up := exec.Command(devloop, "up", "-f", dir, "--events", events)
	up.Stdout, up.Stderr = os.Stdout, os.Stderr
	if err := up.Start(); err != nil {
		return fmt.Errorf("start devloop: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	defer func() { err = errors.Join(err, finish(ctx, devloop, dir, up, ended)) }()

	if err := settle(ctx, devloop, dir, ended); err != nil {
		return err
	}
	var took []time.Duration
	for _, e := range story() {
		fmt.Printf("\ndemo: edit %s in %s\n", e.what, e.file)
		start := time.Now()
		if err := e.make(dir); err != nil {
			return err
		}
		if err := settle(ctx, devloop, dir, ended); err != nil {
			return fmt.Errorf("after the edit of %s: %w", e.file, err)
		}
		took = append(took, time.Since(start))
	}
	return report(events, took)
}

func (e edit) make(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(e.file))
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(data, []byte(e.old)) {
		return fmt.Errorf("%s has changed: the demo looks for %q in it", e.file, e.old)
	}
	return os.WriteFile(path, bytes.Replace(data, []byte(e.old), []byte(e.new), 1), 0o644)
}

// settle waits, by devloop wait, until the files are live.
func settle(ctx context.Context, devloop, dir string, ended <-chan error) error {
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("devloop up ended: %w", err)
		default:
		}
		out, err := exec.CommandContext(ctx, devloop, "wait", "-f", dir, "--timeout", "5m").CombinedOutput()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		// In the first moments the loop does not answer yet.
		if !bytes.Contains(out, []byte("no devloop up is running")) {
			return fmt.Errorf("devloop wait: %s", bytes.TrimSpace(out))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// finish ends the loop as Ctrl-C would and removes what it deployed.
func finish(ctx context.Context, devloop, dir string, up *exec.Cmd, ended <-chan error) error {
	if err := up.Process.Signal(syscall.SIGINT); err == nil {
		<-ended
	}
	fmt.Println()
	down := exec.CommandContext(context.WithoutCancel(ctx), devloop, "down", "-f", dir)
	down.Stdout, down.Stderr = os.Stdout, os.Stderr
	if err := down.Run(); err != nil {
		return fmt.Errorf("devloop down: %w", err)
	}
	return nil
}

func relative(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil {
			return rel
		}
	}
	return path
}
