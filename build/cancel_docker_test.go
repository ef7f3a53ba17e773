//go:build sandbox

package build

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const waiter = `package main

import ("fmt"; "time")

func main() { fmt.Println("waiting"); time.Sleep(time.Hour) }
`

// program compiles a static binary of one file into dir.
func program(t testing.TB, dir, name, source string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(src, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, name), src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestRealBuildIsCancelled(t *testing.T) {
	cli := realDocker(t)
	bothBuilders(t, func(t *testing.T, engine Engine) {
		mark := rand.Text()
		root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY waiter /waiter\nRUN [\"/waiter\", \"" + mark + "\"]\n"})
		program(t, root, "waiter", waiter)
		s := Spec{Name: "devloop-test/cancelled", Context: root}
		in := inputs(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		var start time.Time
		_, err := NewDocker(engine).Build(ctx, s, in, func(s Step) {
			if s.Output == "waiting" {
				if !runs(t, mark) {
					t.Error("the step's process is not found while it runs")
				}
				start = time.Now()
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want context.Canceled", err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		absent(t, cli, s.Ref(in))
		for deadline := time.Now().Add(20 * time.Second); runs(t, mark); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the step still runs")
			}
		}
	})
}

// runs tells whether a process of this machine, where the sandbox's docker runs,
// has an argument.
func runs(t *testing.T, argument string) bool {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		if text, err := os.ReadFile(path); err == nil && slices.Contains(strings.Split(string(text), "\x00"), argument) {
			return true
		}
	}
	return false
}
