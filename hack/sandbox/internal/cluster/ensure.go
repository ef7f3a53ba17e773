//go:build linux

package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cgroup"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/hostnet"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/proc"
)

const (
	// startTime is how long a component that runs may take to be healthy;
	// a busy machine with few processors needs much of it.
	startTime = 3 * time.Minute
	// recoverTime is how long one that was found running but does not answer
	// may take before it is started anew.
	recoverTime = 20 * time.Second
	// stopTime is how long one has to end by itself.
	stopTime = 5 * time.Second
)

// errDied says that a component ended while it was waited for.
var errDied = errors.New("it ended by itself")

// running reports whether the component runs as it should and is healthy.
func (c *Cluster) running(ctx context.Context, spec component.Spec) bool {
	record := proc.Load(c.Layout.Record(spec.Name))
	return record.Alive() && record.Digest == spec.Digest() && spec.Healthy(ctx) == nil
}

// ensure leaves the component running and healthy: one that is, is left
// alone; one that is not is started, after what was left of it is ended.
func (c *Cluster) ensure(ctx context.Context, spec component.Spec) error {
	record := proc.Load(c.Layout.Record(spec.Name))
	if record.Alive() && record.Digest == spec.Digest() {
		patient, cancel := context.WithTimeout(ctx, recoverTime)
		err := probe.Wait(patient, spec.Healthy, died(record))
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		c.say("%s does not answer: starting it anew", spec.Name)
	}
	if err := proc.Stop(ctx, stopTime, record.Identity); err != nil {
		return fmt.Errorf("ending the old %s: %w", spec.Name, err)
	}
	if err := c.endStrays(ctx, spec); err != nil {
		return fmt.Errorf("ending the old %s: %w", spec.Name, err)
	}
	return c.start(ctx, spec)
}

func (c *Cluster) start(ctx context.Context, spec component.Spec) error {
	if err := spec.Write(); err != nil {
		return err
	}
	if len(spec.Tables) > 0 {
		if err := hostnet.RemoveTables(ctx, spec.Tables...); err != nil {
			return fmt.Errorf("starting %s: %w", spec.Name, err)
		}
	}
	log := c.Layout.Log(spec.Name)
	rotate(log)
	c.say("starting %s", spec.Name)
	record, err := proc.Start(proc.Command{
		Argv:   slices.Concat(c.Launcher, []string{daemons(c.Layout)}, spec.Argv),
		Env:    environment(spec.Registries),
		Log:    log,
		Digest: spec.Digest(),
	})
	if err != nil {
		return err
	}
	if err := record.Save(c.Layout.Record(spec.Name)); err != nil {
		return errors.Join(err, proc.Kill(ctx, record.Identity))
	}
	patient, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := probe.Wait(patient, spec.Healthy, died(record)); err != nil {
		return fmt.Errorf("starting %s: %w; the end of its log %s:\n%s", spec.Name, err, log, tail(log))
	}
	return nil
}

func died(record proc.Record) func() error {
	return func() error {
		if record.Alive() {
			return nil
		}
		return errDied
	}
}

// endStrays ends processes of the sandbox's own control group that are this
// component but on no record: their launcher was ended between the two.
func (c *Cluster) endStrays(ctx context.Context, spec component.Spec) error {
	groups, err := cgroup.Mounted()
	if err != nil {
		return err
	}
	pids, err := groups.Processes(daemons(c.Layout))
	if err != nil {
		return err
	}
	var strays []proc.Identity
	for _, pid := range pids {
		identity, err := proc.Identify(pid)
		if err != nil {
			continue
		}
		cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			continue
		}
		argv := strings.Split(string(bytes.TrimSuffix(cmdline, []byte{0})), "\x00")
		if spec.Is(argv) {
			strays = append(strays, identity)
		}
	}
	return proc.Stop(ctx, stopTime, strays...)
}

// environment is what daemons get of this process's environment: enough to
// find programs and, where they speak to registries, the proxy.
func environment(registries bool) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
	}
	if registries {
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
			if value, set := os.LookupEnv(name); set {
				env = append(env, name+"="+value)
			}
		}
	}
	return env
}
