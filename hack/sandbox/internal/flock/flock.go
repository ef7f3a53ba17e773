//go:build unix

package flock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Lock is a held lock.
type Lock struct {
	file *os.File
}

// Acquire takes the lock of the file at path and creates the file, mode 0600,
// where it is missing. While another process holds it, waiting is called once
// and the lock is tried again until ctx ends.
func Acquire(ctx context.Context, path string, waiting func()) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	told := false
	for {
		lock, err := try(path)
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		if !told && waiting != nil {
			waiting()
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock %s: %w", path, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// try locks the file once. A holder may remove the file while it is held, so
// a lock counts only when the path still leads to the file that was locked.
func try(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	held, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	named, err := os.Stat(path)
	if err != nil || !os.SameFile(held, named) {
		file.Close()
		return nil, syscall.EWOULDBLOCK
	}
	return &Lock{file: file}, nil
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.file.Close() }

// Remove removes the lock's file and gives the lock back.
func (l *Lock) Remove() error {
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}
