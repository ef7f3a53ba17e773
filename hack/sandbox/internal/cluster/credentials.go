//go:build linux

package cluster

import (
	"fmt"
	"os"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/component"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeconfig"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/pki"
)

// writeCredentials makes the certificates, keys and kubeconfigs of all
// components. The last file written is the one that says that all are there.
func writeCredentials(site component.Site) error {
	done := site.Layout.Path("pki", "complete")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := os.MkdirAll(site.Layout.Path("pki"), 0o700); err != nil {
		return fmt.Errorf("making the certificates: %w", err)
	}
	authority, err := writeCertificates(site)
	if err != nil {
		return fmt.Errorf("making the certificates: %w", err)
	}
	if err := writeUsers(site, authority); err != nil {
		return fmt.Errorf("making the certificates: %w", err)
	}
	private, public, err := pki.NewSigningKey()
	if err != nil {
		return fmt.Errorf("making the certificates: %w", err)
	}
	for name, data := range map[string][]byte{"service-accounts.key": private, "service-accounts.pub": public} {
		if err := os.WriteFile(site.Layout.Path("pki", name), data, 0o600); err != nil {
			return fmt.Errorf("making the certificates: %w", err)
		}
	}
	return os.WriteFile(done, nil, 0o600)
}

func writeCertificates(site component.Site) (*pki.Authority, error) {
	authority, err := pki.NewAuthority("devloop-sandbox")
	if err != nil {
		return nil, err
	}
	frontProxy, err := pki.NewAuthority("devloop-sandbox-front-proxy")
	if err != nil {
		return nil, err
	}
	plan := site.Settings.Plan()
	node := plan.Node().String()
	own := []struct {
		file    string
		signer  *pki.Authority
		subject pki.Subject
	}{
		{"etcd", authority, pki.Subject{Name: "etcd", Hosts: []string{"127.0.0.1", "localhost"}}},
		{"kube-apiserver", authority, pki.Subject{Name: "kube-apiserver", Hosts: []string{
			"127.0.0.1", "localhost", node, plan.KubernetesService().String(), layout.NodeName,
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}}},
		{"kubelet", authority, pki.Subject{Name: "system:node:" + layout.NodeName, Groups: []string{"system:nodes"},
			Hosts: []string{node, layout.NodeName, "127.0.0.1"}}},
		{"admin", authority, pki.Subject{Name: "sandbox-admin", Groups: []string{"system:masters"}}},
		{"front-proxy", frontProxy, pki.Subject{Name: "front-proxy"}},
	}
	for _, o := range own {
		pair, err := o.signer.Issue(o.subject)
		if err != nil {
			return nil, err
		}
		if err := writePair(site, o.file, pair); err != nil {
			return nil, err
		}
	}
	if err := writePair(site, "front-proxy-ca", frontProxy.Pair); err != nil {
		return nil, err
	}
	return authority, writePair(site, "ca", authority.Pair)
}

// writeUsers writes the kubeconfig of each component that is a client.
func writeUsers(site component.Site, authority *pki.Authority) error {
	users := map[string]pki.Subject{
		"kubelet":                 {Name: "system:node:" + layout.NodeName, Groups: []string{"system:nodes"}},
		"kube-controller-manager": {Name: "system:kube-controller-manager"},
		"kube-scheduler":          {Name: "system:kube-scheduler"},
		"kube-proxy":              {Name: "system:kube-proxy"},
		"coredns":                 {Name: "system:coredns"},
	}
	for name, subject := range users {
		pair, err := authority.Issue(subject)
		if err != nil {
			return err
		}
		config := kubeconfig.Config{
			Name: layout.NodeName, Server: site.APIServer(),
			Authority: authority.Cert, Cert: pair.Cert, Key: pair.Key,
		}
		if err := config.Write(site.Kubeconfig(name)); err != nil {
			return err
		}
	}
	return nil
}

func writePair(site component.Site, name string, pair pki.Pair) error {
	if err := os.WriteFile(site.Cert(name), pair.Cert, 0o600); err != nil {
		return err
	}
	return os.WriteFile(site.Key(name), pair.Key, 0o600)
}
