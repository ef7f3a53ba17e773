//go:build linux

package proc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Command is a daemon to start.
type Command struct {
	// Argv is the program and its arguments; the program is an absolute path.
	Argv []string
	// Env is the whole environment of the daemon.
	Env []string
	// Log is the file that gets the daemon's output, appended.
	Log string
	// Digest is stored in the record.
	Digest string
}

// Start starts a daemon in a session of its own: it outlives this process and
// gets none of its signals. The daemon's end is collected in the background
// while this process lives.
func Start(command Command) (Record, error) {
	name := filepath.Base(command.Log)
	if err := os.MkdirAll(filepath.Dir(command.Log), 0o755); err != nil {
		return Record{}, fmt.Errorf("starting %s: %w", name, err)
	}
	log, err := os.OpenFile(command.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return Record{}, fmt.Errorf("starting %s: %w", name, err)
	}
	defer log.Close()
	cmd := exec.Command(command.Argv[0], command.Argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = command.Env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return Record{}, fmt.Errorf("starting %s: %w", name, err)
	}
	identity, err := Identify(cmd.Process.Pid)
	// A child that has ended must not stay a zombie that looks alive; the
	// goroutine ends with the child or with this process.
	go func() { _ = cmd.Wait() }()
	if err != nil {
		return Record{}, fmt.Errorf("starting %s: it ended at once, see %s: %w", name, command.Log, err)
	}
	return Record{Identity: identity, Digest: command.Digest, Started: time.Now()}, nil
}
