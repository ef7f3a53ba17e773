package layout

import (
	"strings"
	"testing"
)

func TestNamesFitTheKernel(t *testing.T) {
	for _, root := range []string{"", "/var/lib/other", "/tmp/a/very/long/path/to/somewhere"} {
		l := New(root)
		for _, link := range []string{l.NodeLink(), l.DockerLink()} {
			if len(link) > 15 {
				t.Errorf("root %q: interface name %q has more than 15 bytes", root, link)
			}
		}
	}
}

func TestTwoRootsShareNoName(t *testing.T) {
	a, b := New(""), New("/var/lib/other")
	pairs := map[string][2]string{
		"instance":    {a.Instance, b.Instance},
		"lock":        {a.Lock(), b.Lock()},
		"node link":   {a.NodeLink(), b.NodeLink()},
		"docker link": {a.DockerLink(), b.DockerLink()},
		"socket":      {a.ContainerdSocket(), b.ContainerdSocket()},
	}
	for what, pair := range pairs {
		if pair[0] == pair[1] {
			t.Errorf("%s: both are %q", what, pair[0])
		}
	}
}

func TestLockSurvivesTheStateDirectory(t *testing.T) {
	if l := New(""); strings.HasPrefix(l.Lock(), l.Root+"/") {
		t.Errorf("the lock %s is inside %s, which down removes", l.Lock(), l.Root)
	}
}

func TestDefaultRootByAnyName(t *testing.T) {
	if New("") != New(DefaultRoot+"/") {
		t.Error("naming the default root gives another sandbox than naming none")
	}
}
