//go:build linux

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cgroup"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/hostnet"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/proc"
)

// endTime is how long all processes may take to end once they are killed.
const endTime = 30 * time.Second

// Down removes the sandbox: its processes, mounts, interfaces, packet rules,
// control groups and files. Where there is none it does nothing.
func (c *Cluster) Down(ctx context.Context) error {
	lock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.reset(ctx, false), lock.Remove())
}

// reset removes everything but the lock and, where they are kept to tell what
// went wrong, the logs. It goes by what is there, not by what a state file
// says, as far as that is possible.
func (c *Cluster) reset(ctx context.Context, keepLogs bool) error {
	settings, err := netplan.Load(c.Layout.Settings())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.say("the settings are unreadable and ignored: %v", err)
	}
	if err := c.kill(ctx); err != nil {
		return err
	}
	if err := c.unmount(); err != nil {
		return err
	}
	removeOutside(c.Layout, settings.Made)
	// One thing that cannot be removed is no reason to leave the rest.
	var failed []error
	if err := hostnet.Down(ctx, c.Layout, settings); err != nil {
		failed = append(failed, fmt.Errorf("removing the network: %w", err))
	}
	groups, err := cgroup.Mounted()
	if err != nil {
		failed = append(failed, err)
	} else {
		failed = append(failed, groups.Remove(c.Layout.Instance))
	}
	if c.claimed() {
		failed = append(failed, c.removeState(keepLogs))
	}
	return errors.Join(failed...)
}

// removeState removes the state directory, or all but the logs in it.
func (c *Cluster) removeState(keepLogs bool) error {
	if !keepLogs {
		if err := os.RemoveAll(c.Layout.Root); err != nil {
			return fmt.Errorf("removing the state: %w", err)
		}
		return nil
	}
	entries, err := os.ReadDir(c.Layout.Root)
	if err != nil {
		return fmt.Errorf("removing the state: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == "logs" || entry.Name() == marker {
			continue
		}
		if err := os.RemoveAll(c.Layout.Path(entry.Name())); err != nil {
			return fmt.Errorf("removing the state: %w", err)
		}
	}
	return nil
}

// kill ends every process of the sandbox's control group, until none is left:
// while they end, some start others.
func (c *Cluster) kill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	for {
		pids, err := processes(c.Layout)
		if err != nil {
			return err
		}
		var found []proc.Identity
		for _, pid := range pids {
			if identity, err := proc.Identify(pid); err == nil {
				found = append(found, identity)
			}
		}
		if len(found) == 0 {
			return nil
		}
		if err := proc.Kill(ctx, found...); err != nil {
			return fmt.Errorf("ending the sandbox's processes: %w", err)
		}
	}
}
