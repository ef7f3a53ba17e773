//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cgroup"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeconfig"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
)

// Cluster is the sandbox of one state directory.
type Cluster struct {
	// Layout says where everything is.
	Layout layout.Layout
	// Progress gets lines about what is being done.
	Progress io.Writer
	// Launcher is the command line that starts a daemon inside a control
	// group, which is put behind it together with the daemon's own.
	Launcher []string
}

// marker is a file in the state directory; a directory without it is not a
// sandbox's and is never removed.
const marker = "devloop-sandbox"

func (c *Cluster) say(format string, args ...any) {
	fmt.Fprintf(c.Progress, format+"\n", args...)
}

// claim makes the state directory. A directory that has something else in it
// is refused.
func (c *Cluster) claim() error {
	entries, err := os.ReadDir(c.Layout.Root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the state directory: %w", err)
	}
	if len(entries) > 0 && !c.claimed() {
		return fmt.Errorf("%s is not empty and not the state of a sandbox: move it away or name another directory in %s",
			c.Layout.Root, layout.EnvRoot)
	}
	if err := os.MkdirAll(c.Layout.Root, 0o711); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	if err := os.WriteFile(c.Layout.Path(marker), nil, 0o644); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	return nil
}

func (c *Cluster) claimed() bool {
	_, err := os.Stat(c.Layout.Path(marker))
	return err == nil
}

// daemons is the control group of the components themselves; pods and
// containers are in groups beside it.
func daemons(l layout.Layout) string { return filepath.Join(l.Instance, "daemons") }

// processes are the numbers of everything the sandbox has started.
func processes(l layout.Layout) ([]int, error) {
	groups, err := cgroup.Mounted()
	if err != nil {
		return nil, err
	}
	return groups.Processes(l.Instance)
}

// site loads what a sandbox was made with.
func (c *Cluster) site() (component.Site, error) {
	settings, err := netplan.Load(c.Layout.Settings())
	if err != nil {
		return component.Site{}, err
	}
	return component.Site{Layout: c.Layout, Settings: settings}, nil
}

// admin is the kubeconfig of the cluster's administrator.
func admin(site component.Site) (kubeconfig.Config, error) {
	config := kubeconfig.Config{Name: layout.NodeName, Server: site.APIServer()}
	for _, part := range []struct {
		file string
		into *[]byte
	}{{site.Cert("ca"), &config.Authority}, {site.Cert("admin"), &config.Cert}, {site.Key("admin"), &config.Key}} {
		data, err := os.ReadFile(part.file)
		if err != nil {
			return kubeconfig.Config{}, fmt.Errorf("reading the administrator's credentials: %w", err)
		}
		*part.into = data
	}
	return config, nil
}

func client(site component.Site) (*kubeapi.Client, error) {
	config, err := admin(site)
	if err != nil {
		return nil, err
	}
	return kubeapi.New(config.Server, config.Authority, config.Cert, config.Key)
}

// Kubeconfig writes the administrator's kubeconfig to path, mode 0600.
func (c *Cluster) Kubeconfig(path string) error {
	site, err := c.site()
	if err != nil {
		return err
	}
	config, err := admin(site)
	if err != nil {
		return err
	}
	return config.Write(path)
}
