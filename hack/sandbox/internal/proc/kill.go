//go:build linux

package proc

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Kill ends the processes at once (SIGKILL) and waits until they are gone.
// Processes that are no more, or whose number is another process's by now,
// are left alone.
func Kill(ctx context.Context, processes ...Identity) error {
	return signalAll(ctx, syscall.SIGKILL, processes)
}

// Stop asks the processes to end (SIGTERM), waits up to grace, then kills
// what is left.
func Stop(ctx context.Context, grace time.Duration, processes ...Identity) error {
	patient, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := signalAll(patient, syscall.SIGTERM, processes); err == nil {
		return nil
	}
	return Kill(ctx, processes...)
}

func signalAll(ctx context.Context, sig syscall.Signal, processes []Identity) error {
	var failed []error
	for _, p := range processes {
		if !p.Alive() {
			continue
		}
		if err := syscall.Kill(p.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			failed = append(failed, fmt.Errorf("ending process %d: %w", p.PID, err))
		}
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	for _, p := range processes {
		for p.Alive() {
			select {
			case <-ctx.Done():
				return fmt.Errorf("waiting for process %d to end: %w", p.PID, ctx.Err())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}
