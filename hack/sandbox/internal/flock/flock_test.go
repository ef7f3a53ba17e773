//go:build unix

package flock

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestSecondWaitsForTheFirst(t *testing.T) {
	for name, release := range map[string]func(*Lock) error{"release": (*Lock).Release, "remove": (*Lock).Remove} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dir", "lock")
			first, err := Acquire(t.Context(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			waiting, got := make(chan struct{}), make(chan error, 1)
			go func() {
				second, err := Acquire(t.Context(), path, func() { close(waiting) })
				if err == nil {
					err = second.Release()
				}
				got <- err
			}()
			<-waiting
			select {
			case <-got:
				t.Fatal("two hold the lock at once")
			default:
			}
			if err := release(first); err != nil {
				t.Fatal(err)
			}
			if err := <-got; err != nil {
				t.Fatalf("after the first let go: %v", err)
			}
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := Acquire(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Acquire(ctx, path, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
