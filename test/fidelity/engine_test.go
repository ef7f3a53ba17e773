//go:build sandbox

package fidelity

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v3/pkg/storage/driver"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/devloop-dev/devloop/deploy"
)

// hookTimeout is the longest one hook may take, for both engines.
const hookTimeout = 2 * time.Minute

// engine is what the two ways of deploying have in common.
type engine interface {
	// apply installs or upgrades; unchanged says that there was nothing to do.
	apply(ctx context.Context, rel deploy.Release) (unchanged bool, err error)
	uninstall(ctx context.Context, name, namespace string) error
}

// devloop is package deploy.
type devloop struct{ cluster *deploy.Cluster }

func (d devloop) apply(ctx context.Context, rel deploy.Release) (bool, error) {
	res, err := d.cluster.Apply(ctx, rel)
	return res.Action == deploy.Unchanged, err
}

func (d devloop) uninstall(ctx context.Context, name, namespace string) error {
	return d.cluster.Uninstall(ctx, name, namespace)
}

// plain is Helm's SDK, used as the helm command uses it: each call begins with
// nothing remembered and has Helm's own client for the cluster.
type plain struct {
	kubeconfig string
	maxHistory int
}

// with calls use with a fresh configuration for one namespace.
func (p plain) with(namespace string, use func(*action.Configuration) error) error {
	cache, err := os.MkdirTemp("", "fidelity-cache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig, flags.Namespace, flags.CacheDir = &p.kubeconfig, &namespace, &cache
	flags.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c.QPS = -1
		return c
	}
	cfg := new(action.Configuration)
	if err := cfg.Init(flags, namespace, "secrets", func(string, ...any) {}); err != nil {
		return err
	}
	return use(cfg)
}

func (p plain) apply(ctx context.Context, rel deploy.Release) (bool, error) {
	return false, p.with(rel.Namespace, func(cfg *action.Configuration) error {
		return p.upgrade(ctx, cfg, rel)
	})
}

// upgrade is `helm upgrade --install --reset-values`, as cmd/helm/upgrade.go
// does it.
func (p plain) upgrade(ctx context.Context, cfg *action.Configuration, rel deploy.Release) error {
	opts := values.Options{ValueFiles: rel.Values}
	for key, v := range rel.Set {
		opts.Values = append(opts.Values, fmt.Sprintf("%s=%v", key, v))
	}
	vals, err := opts.MergeValues(getter.All(cli.New()))
	if err != nil {
		return err
	}
	last, err := cfg.Releases.Last(rel.Name)
	if err != nil && !errors.Is(err, driver.ErrReleaseNotFound) {
		return err
	}
	ch, err := loadChart(rel.Chart)
	if err != nil {
		return err
	}
	gone := last != nil && last.Info.Status == release.StatusUninstalled
	if last == nil || gone {
		if ch.Metadata.Type != "" && ch.Metadata.Type != "application" {
			return fmt.Errorf("%s charts are not installable", ch.Metadata.Type)
		}
		in := action.NewInstall(cfg)
		in.ReleaseName, in.Namespace, in.Replace = rel.Name, rel.Namespace, gone
		in.Labels = rel.Labels
		in.DisableHooks, in.Timeout = rel.Hooks == deploy.HooksNever, hookTimeout
		_, err := in.RunWithContext(ctx, ch, vals)
		return err
	}
	up := action.NewUpgrade(cfg)
	up.Namespace, up.ResetValues, up.MaxHistory = rel.Namespace, true, p.maxHistory
	up.DisableHooks, up.Timeout = rel.Hooks == deploy.HooksNever, hookTimeout
	_, err = up.RunWithContext(ctx, rel.Name, ch, vals)
	return err
}

func loadChart(path string) (*chart.Chart, error) {
	ch, err := loader.Load(path)
	if err != nil {
		return nil, err
	}
	if deps := ch.Metadata.Dependencies; deps != nil {
		if err := action.CheckDependencies(ch, deps); err != nil {
			return nil, err
		}
	}
	return ch, nil
}

func (p plain) uninstall(_ context.Context, name, namespace string) error {
	return p.remove(name, namespace, false)
}

func (p plain) remove(name, namespace string, keepHistory bool) error {
	return p.with(namespace, func(cfg *action.Configuration) error {
		un := action.NewUninstall(cfg)
		un.KeepHistory, un.Timeout, un.DeletionPropagation = keepHistory, hookTimeout, "background"
		_, err := un.Run(name)
		return err
	})
}

func (p plain) rollback(name, namespace string, version int) error {
	return p.with(namespace, func(cfg *action.Configuration) error {
		back := action.NewRollback(cfg)
		back.Version, back.Timeout, back.MaxHistory = version, hookTimeout, p.maxHistory
		return back.Run(name)
	})
}

func (p plain) test(name, namespace string) error {
	return p.with(namespace, func(cfg *action.Configuration) error {
		test := action.NewReleaseTesting(cfg)
		test.Namespace, test.Timeout = namespace, hookTimeout
		_, err := test.Run(name)
		return err
	})
}

// records are the release's revisions, the oldest first; none where there is no
// such release.
func (p plain) records(name, namespace string) (out []*release.Release, err error) {
	err = p.with(namespace, func(cfg *action.Configuration) error {
		out, err = cfg.Releases.History(name)
		if errors.Is(err, driver.ErrReleaseNotFound) {
			return nil
		}
		releaseutil.SortByRevision(out)
		return err
	})
	return out, err
}

// alternate is both engines in turns, on one release.
type alternate struct {
	engines []engine
	turn    int
}

func (a *alternate) next() engine {
	a.turn++
	return a.engines[a.turn%len(a.engines)]
}

func (a *alternate) apply(ctx context.Context, rel deploy.Release) (bool, error) {
	return a.next().apply(ctx, rel)
}

func (a *alternate) uninstall(ctx context.Context, name, namespace string) error {
	return a.next().uninstall(ctx, name, namespace)
}
