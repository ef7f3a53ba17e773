//go:build linux

package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/addons"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/debian"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/image"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	"golang.org/x/sync/errgroup"
)

const (
	dockerRecord = "dockerd"
	pauseImage   = "devloop.local/pause:1"
)

// complete adds to a site where the programs of this machine are.
func (c *Cluster) complete(ctx context.Context, site component.Site, binaries Binaries) component.Site {
	site.Kube = binaries.Kube
	site.PauseImage = pauseImage
	for _, need := range debian.Needs(true) {
		path, found := need.Find()
		switch {
		case !found:
		case need.Program == "containerd":
			site.Containerd = path
		case need.Program == "dockerd":
			site.Dockerd = path
		case need.Plugin:
			site.CNIPlugins = filepath.Dir(path)
		}
	}
	if starts, err := c.startsDocker(ctx); err != nil || !starts {
		site.Dockerd = ""
	}
	plan := site.Settings.Plan()
	if resolv, err := os.ReadFile("/etc/resolv.conf"); err == nil {
		site.NameServers = component.NameServers(resolv, plan.DNS().String(), plan.Node().String())
	}
	return site
}

// specs are all components of a site, in the order they depend on each other.
func specs(site component.Site) []component.Spec {
	all := []component.Spec{
		component.Containerd(site), component.Etcd(site), component.APIServer(site),
		component.ControllerManager(site), component.Scheduler(site), component.Kubelet(site),
		component.Proxy(site), component.DNS(site),
	}
	if site.Dockerd != "" {
		all = append(all, component.Docker(site))
	}
	return all
}

// healthy reports whether everything is as Up would leave it.
func (c *Cluster) healthy(ctx context.Context, site component.Site) bool {
	if _, err := os.Stat(c.Layout.Path("complete")); err != nil || site.Containerd == "" {
		return false
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, spec := range specs(site) {
		group.Go(func() error {
			if !c.running(ctx, spec) {
				return errors.New(spec.Name)
			}
			return nil
		})
	}
	group.Go(func() error { return usable(ctx, site) })
	if site.Dockerd == "" {
		group.Go(func() error { return component.DockerAnswers()(ctx) })
	}
	return group.Wait() == nil
}

// startAll starts what does not run: what depends on nothing first and at
// once, then what needs the API server.
func (c *Cluster) startAll(ctx context.Context, site component.Site, binaries Binaries) error {
	if err := os.Remove(c.Layout.Path("complete")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("writing the state: %w", err)
	}
	group, first := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := c.ensure(first, component.Etcd(site)); err != nil {
			return err
		}
		return c.ensure(first, component.APIServer(site))
	})
	group.Go(func() error {
		if err := c.ensure(first, component.Containerd(site)); err != nil {
			return err
		}
		if err := c.importPause(first, binaries.Pause); err != nil || site.Dockerd == "" {
			return err
		}
		return c.ensure(first, component.Docker(site))
	})
	if err := group.Wait(); err != nil {
		return err
	}
	api, err := client(site)
	if err != nil {
		return err
	}
	defer api.Close()
	if err := addons.InstallDNS(ctx, api, site.Settings); err != nil {
		return err
	}
	group, second := errgroup.WithContext(ctx)
	for _, spec := range []component.Spec{
		component.ControllerManager(site), component.Scheduler(site), component.Kubelet(site),
		component.Proxy(site), component.DNS(site),
	} {
		group.Go(func() error { return c.ensure(second, spec) })
	}
	group.Go(func() error { return c.installCRDs(second, api) })
	group.Go(func() error { return settle(second, site, api) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := os.WriteFile(c.Layout.Path("complete"), nil, 0o644); err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	return nil
}

// importPause gives containerd the image of the pods' first process.
func (c *Cluster) importPause(ctx context.Context, binary string) error {
	data, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("packing the pause image: %w", err)
	}
	var archive bytes.Buffer
	if _, err := (image.Image{Ref: pauseImage, Entry: "pause", Binary: data}).WriteTo(&archive); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "ctr", "--address", c.Layout.ContainerdSocket(), "--namespace", "k8s.io",
		"images", "import", "-")
	cmd.Stdin = &archive
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("importing the pause image: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}

// installCRDs installs the definitions once in the life of a cluster; what a
// user changes or deletes later stays so.
func (c *Cluster) installCRDs(ctx context.Context, api *kubeapi.Client) error {
	file := c.Layout.Path("crds")
	if have, err := os.ReadFile(file); err == nil && string(have) == addons.Digest() {
		return nil
	}
	if err := addons.InstallCRDs(ctx, api); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(addons.Digest()), 0o644); err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	return nil
}
