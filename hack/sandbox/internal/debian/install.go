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

// lockWait makes apt-get wait this many seconds for another run of it.
const lockWait = "DPkg::Lock::Timeout=300"

// Installer installs Debian's packages.
type Installer struct {
	// Policy is the script that a package asks before it starts a service
	// (invoke-rc.d(8)): /usr/sbin/policy-rc.d.
	Policy string
	// Progress gets a line before anything is installed.
	Progress io.Writer
}

// Ensure installs the packages of the programs that are missing. Where there
// is no apt-get, the error names the programs.
func (i Installer) Ensure(ctx context.Context, needs []Need) error {
	// A run that was killed while it installed has left its policy.
	if err := i.allowServices(); err != nil {
		return err
	}
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
	fmt.Fprintf(i.Progress, "installing Debian's packages %s (for %s)\n", packages, names(missing, program))
	if err := i.install(ctx, strings.Split(packages, ", ")); err != nil {
		return err
	}
	if missing := Missing(missing); len(missing) > 0 {
		return fmt.Errorf("installed Debian's packages %s, but %s cannot be found", packages, names(missing, program))
	}
	return nil
}

func (i Installer) install(ctx context.Context, packages []string) (err error) {
	if err := i.forbidServices(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.allowServices()) }()
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

// forbid is a policy by which no package starts a service: exit code 101.
const forbid = "#!/bin/sh\n# of the devloop sandbox, while it installs packages\nexit 101\n"

// forbidServices keeps packages from starting what they install, unless the
// machine has a policy of its own.
func (i Installer) forbidServices() error {
	file, err := os.OpenFile(i.Policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keeping packages from starting services: %w", err)
	}
	_, err = file.WriteString(forbid)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keeping packages from starting services: %w", err)
	}
	return nil
}

// allowServices removes the policy if it is the sandbox's.
func (i Installer) allowServices() error {
	have, err := os.ReadFile(i.Policy)
	if err != nil || string(have) != forbid {
		return nil
	}
	if err := os.Remove(i.Policy); err != nil {
		return fmt.Errorf("letting packages start services again: %w", err)
	}
	return nil
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
