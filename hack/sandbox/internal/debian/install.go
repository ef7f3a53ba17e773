package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// policy is the script that a package asks before it starts a service; exit
// code 101 forbids that (invoke-rc.d(8)).
const policy = "/usr/sbin/policy-rc.d"

// lockWait makes apt-get wait this many seconds for another run of it.
const lockWait = "DPkg::Lock::Timeout=300"

// Ensure installs the packages of the programs that are missing, and says so
// on progress first. Where there is no apt-get, the error names the programs.
func Ensure(ctx context.Context, needs []Need, progress io.Writer) error {
	missing := Missing(needs)
	if len(missing) == 0 {
		return nil
	}
	program := func(n Need) string { return n.Program }
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("this machine lacks %s and has no apt-get to install them with: install these programs, then try again",
			names(missing, program))
	}
	packages := names(missing, func(n Need) string { return n.Package })
	fmt.Fprintf(progress, "installing Debian's packages %s (for %s)\n", packages, names(missing, program))
	if err := install(ctx, strings.Split(packages, ", ")); err != nil {
		return err
	}
	if missing := Missing(missing); len(missing) > 0 {
		return fmt.Errorf("Debian's packages %s are installed, but %s cannot be found", packages, names(missing, program))
	}
	return nil
}

func install(ctx context.Context, packages []string) (err error) {
	restore, err := forbidServices()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	argv := append([]string{"install", "--yes", "--no-install-recommends", "-o", lockWait}, packages...)
	if aptGet(ctx, argv...) == nil {
		return nil
	}
	// The lists of packages may be missing or old.
	if err := aptGet(ctx, "update", "-o", lockWait); err != nil {
		return err
	}
	return aptGet(ctx, argv...)
}

// forbidServices keeps packages from starting what they install, unless the
// machine has a policy of its own.
func forbidServices() (restore func() error, err error) {
	file, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keeping packages from starting services: %w", err)
	}
	_, err = file.WriteString("#!/bin/sh\nexit 101\n")
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("keeping packages from starting services: %w", err)
	}
	return func() error { return os.Remove(policy) }, nil
}

func aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l")
	// An interrupted apt-get ends its own work; killed at once it would
	// leave packages half configured.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, tail(output.String(), 5))
	}
	return nil
}

// tail is the last lines of a text, joined.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "; ")
}
