package component

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
)

func testSite(t *testing.T) Site {
	t.Helper()
	return Site{
		Layout:     layout.New(t.TempDir()),
		Settings:   netplan.Settings{Base: netip.MustParsePrefix("10.210.0.0/16"), Ports: 26440},
		Kube:       "/cache/kube",
		Containerd: "/usr/bin/containerd", Dockerd: "/usr/sbin/dockerd",
		CNIPlugins: "/usr/lib/cni", PauseImage: "pause:1", NameServers: []string{"192.0.2.53"},
	}
}

func all(s Site) []Spec {
	return []Spec{Etcd(s), APIServer(s), ControllerManager(s), Scheduler(s), Kubelet(s), Proxy(s), DNS(s), Containerd(s), Docker(s)}
}

func TestEverySpecIsWhole(t *testing.T) {
	site := testSite(t)
	names, digests := map[string]bool{}, map[string]bool{}
	for _, spec := range all(site) {
		if names[spec.Name] || digests[spec.Digest()] {
			t.Errorf("%s has the name or digest of another component", spec.Name)
		}
		names[spec.Name], digests[spec.Digest()] = true, true
		if !filepath.IsAbs(spec.Argv[0]) || spec.Healthy == nil {
			t.Errorf("%s: program %q, health %v", spec.Name, spec.Argv[0], spec.Healthy)
		}
		if err := spec.Write(); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
		for _, file := range spec.Files {
			if filepath.Ext(file.Path) == ".json" && !json.Valid(file.Data) {
				t.Errorf("%s: %s is not JSON", spec.Name, file.Path)
			}
			if !strings.HasPrefix(file.Path, site.Layout.Root+"/") {
				t.Errorf("%s writes %s outside of the state directory", spec.Name, file.Path)
			}
		}
	}
}

func TestDigestChangesWithConfiguration(t *testing.T) {
	site, other := testSite(t), testSite(t)
	other.Layout = site.Layout
	if DNS(site).Digest() != DNS(other).Digest() {
		t.Fatal("the same configuration has two digests")
	}
	other.NameServers = []string{"192.0.2.54"}
	if DNS(site).Digest() == DNS(other).Digest() {
		t.Error("other name servers leave CoreDNS's digest as it is")
	}
	if Etcd(site).Digest() != Etcd(other).Digest() {
		t.Error("other name servers change etcd's digest")
	}
	other.Kube = "/cache/newer/kube"
	if Etcd(site).Digest() == Etcd(other).Digest() {
		t.Error("another binary leaves etcd's digest as it is")
	}
}

func TestWriteClearsStaleSockets(t *testing.T) {
	spec := Containerd(testSite(t))
	if err := os.MkdirAll(filepath.Dir(spec.Sockets[0]), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(spec.Sockets[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := spec.Write(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(spec.Sockets[0]); !os.IsNotExist(err) {
		t.Errorf("the stale socket is still there: %v", err)
	}
}

func TestIs(t *testing.T) {
	site := testSite(t)
	containerd, etcd := Containerd(site), Etcd(site)
	for _, test := range []struct {
		spec Spec
		argv []string
		want bool
	}{
		{etcd, etcd.Argv, true},
		{etcd, []string{"/cache/older/kube", "etcd", "/elsewhere"}, true},
		{etcd, []string{"/cache/kube", "kubelet"}, false},
		{etcd, []string{"/cache/kube"}, false},
		{containerd, containerd.Argv, true},
		{containerd, []string{"/usr/bin/containerd", "--config", "/etc/containerd/config.toml"}, false},
		{containerd, []string{"/usr/bin/containerd-shim-runc-v2", "--config", containerd.Argv[2]}, false},
	} {
		if got := test.spec.Is(test.argv); got != test.want {
			t.Errorf("%s is %q: %v, want %v", test.spec.Name, test.argv, got, test.want)
		}
	}
}

func TestNameServers(t *testing.T) {
	const conf = "# nameserver 1.1.1.1\nsearch example.com\nnameserver 10.210.128.10\nnameserver 127.0.0.53\n nameserver fd00::1 \nnameserver\n"
	got := NameServers([]byte(conf), "10.210.128.10")
	if want := []string{"127.0.0.53", "fd00::1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
