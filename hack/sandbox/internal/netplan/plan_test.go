package netplan

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestChooseBase(t *testing.T) {
	for _, test := range []struct {
		used []string
		want string
	}{
		{nil, "10.210.0.0/16"},
		{[]string{"0.0.0.0/0", "192.168.1.0/24", "172.17.0.0/16", "fe80::/64"}, "10.210.0.0/16"},
		{[]string{"10.210.3.4/32"}, "10.211.0.0/16"},
		{[]string{"10.208.0.0/14"}, "10.212.0.0/16"},
	} {
		got, err := ChooseBase(prefixes(test.used...))
		if err != nil || got.String() != test.want {
			t.Errorf("used %v: got %v, %v, want %s", test.used, got, err, test.want)
		}
	}
	if got, err := ChooseBase(prefixes("10.0.0.0/8")); !errors.Is(err, ErrNoNetwork) {
		t.Errorf("all used: got %v, %v, want ErrNoNetwork", got, err)
	}
}

func TestPlanPartsAreApart(t *testing.T) {
	plan, err := NewPlan(netip.MustParsePrefix("10.212.0.0/16"))
	if err != nil {
		t.Fatal(err)
	}
	parts := []netip.Prefix{plan.Pods(), netip.PrefixFrom(plan.Node(), 32), plan.Services(), plan.DockerBridge().Masked(), plan.DockerPool()}
	for i, part := range parts {
		if part != part.Masked() {
			t.Errorf("%s has bits set behind its mask", part)
		}
		if !plan.Base().Overlaps(part) {
			t.Errorf("%s is outside of %s", part, plan.Base())
		}
		if Overlaps(part, parts[i+1:]) {
			t.Errorf("%s overlaps one of %v", part, parts[i+1:])
		}
	}
	for _, service := range []netip.Addr{plan.DNS(), plan.KubernetesService()} {
		if !plan.Services().Contains(service) {
			t.Errorf("%s is not in %s", service, plan.Services())
		}
	}
}

func TestNewPlanRefusesOtherNetworks(t *testing.T) {
	for _, base := range []string{"10.0.0.0/8", "10.1.0.0/24", "10.1.2.0/16", "fd00::/16"} {
		if _, err := NewPlan(netip.MustParsePrefix(base)); err == nil {
			t.Errorf("%s was taken", base)
		}
	}
	if _, err := NewPlan(netip.Prefix{}); err == nil {
		t.Error("no network was taken")
	}
}

func TestParseRoutes(t *testing.T) {
	const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
own	0080D20A	00000000	0001	0	0	0	00C0FFFF	0	0	0
`
	got, err := parseRoutes(strings.NewReader(table), map[string]bool{"own": true})
	want := prefixes("0.0.0.0/0", "192.0.2.0/24")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := parseRoutes(strings.NewReader("x 0 0 0 0 0 0 0\n"), nil); err == nil {
		t.Error("a broken table was taken")
	}
}

func TestPortsInUseAreNotChosen(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := listener.Addr().(*net.TCPAddr).Port
	if PortsFree(taken-1, 2) {
		t.Errorf("port %d has a listener but counts as free", taken)
	}
	listener.Close()
	if !PortsFree(taken, 1) {
		t.Errorf("port %d has no listener but counts as taken", taken)
	}
	first, err := ChoosePorts(FirstPort, PortCount)
	if err != nil || first < FirstPort || first+PortCount >= 30000 || !PortsFree(first, PortCount) {
		t.Errorf("chose %d, %v", first, err)
	}
}

func TestSettingsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "settings.json")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no settings: got %v, want fs.ErrNotExist", err)
	}
	want := Settings{Base: netip.MustParsePrefix("10.213.0.0/16"), Ports: 27000, Sysctls: map[string]string{"a": "1"}, Made: []string{"/x"}}
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, broken := range []string{"{", `{"base":"10.0.0.0/8"}`, `{}`} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("the broken settings %s were taken", broken)
		}
	}
}
