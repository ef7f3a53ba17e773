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
	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/debian"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/flock"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/hostnet"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/proc"
)

// Binaries are the programs of this module that a cluster runs.
type Binaries struct {
	// Kube is the all-in-one Kubernetes binary, Pause the pods' first
	// process.
	Kube, Pause string
}

// Up leaves the sandbox running: it starts what does not run and nothing
// else. A sandbox that cannot be brought back is made anew, once.
func (c *Cluster) Up(ctx context.Context, binaries Binaries) (err error) {
	lock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()

	if site, err := c.site(); err == nil && c.healthy(ctx, c.complete(ctx, site, binaries)) {
		return nil
	}
	start := time.Now()
	if err := c.claim(); err != nil {
		return err
	}
	if err := c.afterReboot(); err != nil {
		return err
	}
	fresh, err := c.attempt(ctx, binaries)
	for _, remedy := range c.remedies() {
		if err == nil || fresh || ctx.Err() != nil {
			break
		}
		c.say("the sandbox cannot be brought back: %v", err)
		c.say("%s", remedy.notice)
		if err := remedy.apply(ctx); err != nil {
			return err
		}
		_, err = c.attempt(ctx, binaries)
	}
	if err != nil {
		return err
	}
	c.say("the sandbox is up after %s", time.Since(start).Round(100*time.Millisecond))
	return nil
}

// remedy is what is done about a sandbox that cannot be brought back.
type remedy struct {
	notice string
	apply  func(ctx context.Context) error
}

// remedies are tried in this order: the cluster's content is given up last.
func (c *Cluster) remedies() []remedy {
	return []remedy{
		{"ending all of it and starting it again", c.kill},
		{anew, c.empty},
	}
}

const anew = "starting anew with an empty cluster"

// empty removes everything of the sandbox that was here but its logs.
func (c *Cluster) empty(ctx context.Context) error {
	if err := c.reset(ctx, true); err != nil {
		return err
	}
	return c.claim()
}

func (c *Cluster) lock(ctx context.Context) (*flock.Lock, error) {
	return flock.Acquire(ctx, c.Layout.Lock(), func() {
		c.say("another run is bringing the sandbox up or down; waiting for it")
	})
}

// attempt brings the cluster up; fresh says that there was none before.
func (c *Cluster) attempt(ctx context.Context, binaries Binaries) (fresh bool, err error) {
	docker, err := c.startsDocker(ctx)
	if err != nil {
		return true, err
	}
	installer := debian.Installer{Policy: "/usr/sbin/policy-rc.d", Progress: c.Progress}
	if err := installer.Ensure(ctx, debian.Needs(docker)); err != nil {
		return true, err
	}
	settings, fresh, err := c.settings(ctx)
	if err != nil {
		return fresh, err
	}
	site := c.complete(ctx, component.Site{Layout: c.Layout, Settings: settings}, binaries)
	if err := writeCredentials(site); err != nil {
		return fresh, err
	}
	groups, err := cgroup.Mounted()
	if err != nil {
		return fresh, err
	}
	if err := groups.Create(daemons(c.Layout)); err != nil {
		return fresh, err
	}
	if err := hostnet.Up(ctx, c.Layout, settings); err != nil {
		return fresh, err
	}
	return fresh, c.startAll(ctx, site, binaries)
}

// settings loads the settings, or chooses them for a new sandbox. When nothing
// runs any more and somebody else has taken an address or a port meanwhile,
// the old ones are no good.
func (c *Cluster) settings(ctx context.Context) (s netplan.Settings, fresh bool, err error) {
	s, err = netplan.Load(c.Layout.Settings())
	switch {
	case err == nil:
		taken := c.collisions(s)
		if taken == nil {
			return s, false, nil
		}
		c.say("%v: %s", taken, anew)
		if err := c.empty(ctx); err != nil {
			return s, false, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return s, false, err
	}
	if err := refuseOther(c.Layout); err != nil {
		return s, true, err
	}
	if s, err = netplan.Choose(); err != nil {
		return s, true, err
	}
	if s.Sysctls, s.Tables, err = hostnet.Remember(ctx); err != nil {
		return s, true, err
	}
	s.Made = absent(outside())
	return s, true, s.Save(c.Layout.Settings())
}

func (c *Cluster) collisions(s netplan.Settings) error {
	pids, err := processes(c.Layout)
	if err != nil || len(pids) > 0 {
		return err
	}
	if !netplan.PortsFree(s.Ports, netplan.PortCount) {
		return fmt.Errorf("another program listens on a port from %d to %d", s.Ports, s.Ports+netplan.PortCount-1)
	}
	used, err := netplan.Used(c.Layout.NodeLink(), c.Layout.DockerLink())
	if err != nil {
		return err
	}
	for i := len(used) - 1; i >= 0; i-- {
		// Routes to pods whose interface has lost its pod.
		if s.Plan().Pods().Overlaps(used[i]) && used[i].Bits() >= 31 {
			used = append(used[:i], used[i+1:]...)
		}
	}
	if netplan.Overlaps(s.Base, used) {
		return fmt.Errorf("the network %s is in use by something else", s.Base)
	}
	return nil
}

// afterReboot removes what the processes of an earlier boot of the machine
// left of their running state.
func (c *Cluster) afterReboot() error {
	boot, err := proc.BootID()
	if err != nil {
		return err
	}
	file := c.Layout.Path("boot")
	if before, err := os.ReadFile(file); err == nil && string(before) != boot {
		if err := c.unmount(); err != nil {
			return err
		}
		if err := os.RemoveAll(c.Layout.Path("run")); err != nil {
			return fmt.Errorf("clearing up after the machine's restart: %w", err)
		}
	}
	if err := os.WriteFile(file, []byte(boot), 0o644); err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	return nil
}

// startsDocker reports whether the docker engine is the sandbox's to start.
func (c *Cluster) startsDocker(ctx context.Context) (bool, error) {
	if proc.Load(c.Layout.Record(dockerRecord)).Alive() {
		return true, nil
	}
	if component.DockerAnswers()(ctx) == nil {
		return false, nil
	}
	if err := component.DockerListens()(ctx); err == nil {
		return false, fmt.Errorf("something listens on %s but does not answer as a docker engine does: end it or start that engine anew",
			component.DockerSocket)
	}
	return true, nil
}
