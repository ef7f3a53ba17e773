//go:build unix

package gobuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/flock"
)

// Builder builds binaries from sources below one directory.
type Builder struct {
	// Module is the directory of the sandbox's module.
	Module string
	// Version is part of every key.
	Version string
	// Progress gets lines about what is being built.
	Progress io.Writer
}

// CacheDir is where binaries are kept, below the user's cache directory.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for the cache directory: %w", err)
	}
	return filepath.Join(base, "devloop-sandbox"), nil
}

// Build returns the path of the binary in the cache and builds it where it is
// missing. Of several runs at once one builds and the others wait for it.
func (b Builder) Build(ctx context.Context, binary Binary) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	key, err := binary.key(b.Module, b.Version)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, key)
	path := filepath.Join(dir, binary.Name)
	if _, err := os.Stat(path); err == nil {
		use(dir, time.Now())
		return path, nil
	}
	lock, err := flock.Acquire(ctx, dir+".lock", func() {
		fmt.Fprintf(b.Progress, "another run builds %s; waiting for it\n", binary.Name)
	})
	if err != nil {
		return "", fmt.Errorf("building %s: %w", binary.Name, err)
	}
	built := b.compile(ctx, binary, path)
	if err := errors.Join(built, lock.Remove()); err != nil {
		return "", fmt.Errorf("building %s: %w", binary.Name, err)
	}
	prune(cache, time.Now())
	return path, nil
}

func (b Builder) compile(ctx context.Context, binary Binary, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if binary.Notice != "" {
		fmt.Fprintln(b.Progress, binary.Notice)
	}
	temporary := path + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath",
		"-ldflags", "-s -w "+binary.Flags, "-o", temporary, ".")
	cmd.Dir = filepath.Join(b.Module, binary.Dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.WaitDelay = 5 * time.Second
	meter := newMeter(b.Progress, binary)
	cmd.Stderr = meter
	stop := meter.Start()
	err := cmd.Run()
	stop()
	if err != nil {
		return fmt.Errorf("go build: %w%s", err, meter.Errors())
	}
	return os.Rename(temporary, path)
}
