//go:build !windows

package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPrebuildStreamsLinesInOrder(t *testing.T) {
	dir := folder(t, map[string]string{"here": ""})
	var lines []string
	p := Prebuild{Dir: dir, Command: []string{"sh", "-c", `ls; echo two >&2; printf '10%%\r99%%\nend'`}}
	if err := p.Run(t.Context(), func(s string) { lines = append(lines, s) }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"here", "two", "99%", "end"}; !slices.Equal(lines, want) {
		t.Errorf("lines %q, want %q", lines, want)
	}
}

func TestPrebuildRunsAProgramOfItsFolder(t *testing.T) {
	dir := folder(t, map[string]string{"gen.sh": "#!/bin/sh\necho $1 > out\n"})
	if err := os.Chmod(filepath.Join(dir, "gen.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (Prebuild{Dir: dir, Command: []string{"./gen.sh", "hello"}}).Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "out")); string(text) != "hello\n" {
		t.Errorf("out: %q, %v", text, err)
	}
}

func TestPrebuildFailureCarriesTheLastLines(t *testing.T) {
	err := Prebuild{Command: []string{"sh", "-c", "for i in $(seq 100); do echo line $i; done; echo main.go:3: no >&2; exit 7"}}.Run(t.Context(), nil)
	var failed *CommandError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a *CommandError", err)
	}
	if failed.ExitCode != 7 || !strings.HasSuffix(failed.Output, "line 100\nmain.go:3: no") || strings.Contains(failed.Output, "line 1\n") {
		t.Errorf("exit code %d, output %q", failed.ExitCode, failed.Output)
	}
	if text := err.Error(); !strings.Contains(text, "exit code 7") || !strings.Contains(text, "main.go:3: no") {
		t.Errorf("text %q", text)
	}
}

func TestPrebuildThatCannotStart(t *testing.T) {
	for _, command := range [][]string{{"no-such-program-here"}, {"./missing"}, {}} {
		err := Prebuild{Dir: t.TempDir(), Command: command}.Run(t.Context(), nil)
		if err == nil {
			t.Errorf("%q: no error", command)
			continue
		}
		var failed *CommandError
		if len(command) > 0 && (!errors.As(err, &failed) || failed.ExitCode != -1 || !strings.Contains(err.Error(), command[0])) {
			t.Errorf("%q: error %v", command, err)
		}
	}
}

func TestCancelEndsTheWholeGroup(t *testing.T) {
	for name, script := range map[string]string{
		"obedient":   `sleep 300 & echo $!; wait`,
		"deaf child": `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' & wait`,
		"deaf":       `trap "" TERM; sleep 300 & echo $!; while :; do sleep 0.1; done`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var child string
			start := time.Now()
			err := Prebuild{Command: []string{"sh", "-c", script}}.Run(ctx, func(line string) {
				child = line
				cancel()
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want context.Canceled", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			awaitGone(t, child)
		})
	}
}

func TestCancelLetsTheGroupTidyUp(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	script := `sh -c 'trap "echo tidy > tidied; exit" TERM; echo ready; while :; do sleep 0.05; done' & wait`
	err := Prebuild{Dir: dir, Command: []string{"sh", "-c", script}}.Run(ctx, func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tidied")); err != nil {
		t.Errorf("the child had no chance to tidy up: %v", err)
	}
}

// running leaves out zombies: a killed process may stay as one until its new
// parent looks.
func running(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if syscall.Kill(n, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func awaitGone(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); running(t, pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s is still there", pid)
		}
	}
}

func TestABackgroundProcessIsNoFailure(t *testing.T) {
	var pid string
	err := Prebuild{Command: []string{"sh", "-c", "sleep 300 & echo $!"}}.Run(t.Context(), func(line string) { pid = line })
	if err != nil {
		t.Error(err)
	}
	if !running(t, pid) {
		t.Errorf("process %s was ended with its starter", pid)
	}
	if err := (Prebuild{Command: []string{"kill", pid}}).Run(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
