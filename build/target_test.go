package build

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/client"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func node(name, runtime, provider string) corev1.Node {
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}, Annotations: map[string]string{}},
		Spec:       corev1.NodeSpec{ProviderID: provider},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{
			ContainerRuntimeVersion: runtime, KernelVersion: "6.6.12-linuxkit", BootID: "another machine's",
		}},
	}
}

func connect(t *testing.T, d *fakeDaemon) *client.Client {
	t.Helper()
	cli, err := Connect(t.Context(), ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": d.host})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cli.Close() })
	return cli
}

func TestTargetIsFoundFromTheNodes(t *testing.T) {
	label := func(n corev1.Node) corev1.Node { n.Labels[minikubeLabel] = "dev"; return n }
	annotate := func(n corev1.Node) corev1.Node {
		n.Annotations[socketNote] = "unix:///run/containerd/containerd.sock"
		return n
	}
	const desktop = `{"Name":"docker-desktop","KernelVersion":"6.6.12-linuxkit"}`
	const host = `{"Name":"laptop","KernelVersion":"6.1.0-debian"}`
	tests := map[string]struct {
		nodes []corev1.Node
		info  string
		want  string   // the target's String
		fail  []string // or what the error says
	}{
		"docker-desktop": {nodes: []corev1.Node{node("docker-desktop", "docker://27.0", "")}, info: desktop, want: "docker daemon shared with docker-desktop"},
		"colima":         {nodes: []corev1.Node{node("colima", "docker://27.0", "k3s://colima")}, info: `{"Name":"colima","KernelVersion":"6.8"}`, want: "docker daemon shared with colima"},
		"a docker of another machine": {nodes: []corev1.Node{node("docker-desktop", "docker://27.0", "")}, info: host,
			fail: []string{`calls itself "laptop"`, "docker context use"}},
		"kind": {nodes: []corev1.Node{
			node("kind-control-plane", "containerd://1.7", "kind://docker/kind/kind-control-plane"),
			node("kind-worker", "containerd://1.7", "kind://docker/kind/kind-worker")},
			want: "kind (kind-control-plane, kind-worker)"},
		"k3d":                     {nodes: []corev1.Node{node("k3d-dev-server-0", "containerd://1.7-k3s1", "k3s://k3d-dev-server-0")}, want: "k3d (k3d-dev-server-0)"},
		"minikube on containerd":  {nodes: []corev1.Node{label(node("dev", "containerd://1.7", ""))}, want: "minikube dev"},
		"minikube of two dockers": {nodes: []corev1.Node{label(node("dev", "docker://27.0", "")), label(node("dev-m02", "docker://27.0", ""))}, want: "minikube dev"},
		"another machine's containerd": {nodes: []corev1.Node{annotate(node("remote", "containerd://1.7", ""))},
			fail: []string{`context "ctx"`, "node remote is not this machine", `"unix:///run/containerd/containerd.sock"`}},
		"a cloud": {nodes: []corev1.Node{node("ip-10-0-0-1", "containerd://1.7", "aws:///eu-west-1a/i-0abc")},
			fail: []string{`context "ctx"`, `"aws:///eu-west-1a/i-0abc"`, `"containerd://1.7"`, "known ways: docker-desktop"}},
		"no nodes": {fail: []string{"the cluster has no nodes"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newFakeDaemon(t)
			d.info = tt.info
			cli := connect(t, d)
			target, err := FindTarget(t.Context(), TargetOptions{Nodes: tt.nodes, Context: "ctx", Docker: cli})
			if tt.fail != nil {
				var unknown *TargetError
				if !errors.As(err, &unknown) {
					t.Fatalf("target %v, error %v; want a *TargetError", target, err)
				}
				for _, want := range tt.fail {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error\n%v\nwant one with %q", err, want)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if target.String() != tt.want {
				t.Errorf("target %q, want %q", target, tt.want)
			}
			if BuildClient(target, cli) != cli {
				t.Error("images are built elsewhere than in the daemon given")
			}
		})
	}
}

// fakeNodes answers ctr in the nodes of a cluster: an image is listed a few
// looks after its import, as with containerd's Kubernetes plugin.
type fakeNodes struct {
	mu      sync.Mutex
	stdin   map[string]string
	looks   map[string]int
	content map[string]string // node -> digests of its blobs
	dropped string            // node that has dropped its blobs when the image arrives
	refuse  string            // node whose import fails
	refused int
}

func (f *fakeNodes) exec(container string, cmd []string, stdin string) (string, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch strings.Join(cmd[:5], " ") {
	case "ctr -n k8s.io images import":
		if container == f.refuse {
			f.refused++
			return "ctr: no space left on device\n", 1
		}
		if container == f.dropped {
			f.dropped = ""
			return "ctr: content digest sha256:0: not found\n", 1
		}
		f.stdin[container] = stdin
	case "ctr -n k8s.io content ls":
		return f.content[container], 0
	case "ctr -n k8s.io images ls":
		if f.stdin[container] == "" {
			return "", 0
		}
		if f.looks[container]++; f.looks[container] > 2 {
			return "docker.io/library/app:dl-1\n", 0
		}
	default:
		return "unknown command", 1
	}
	return "", 0
}

// kind and k3d themselves cannot run here; the sequence of calls is theirs.
func TestNodesAreLoadedInParallelThroughTheirContainers(t *testing.T) {
	for _, tt := range []struct{ name, a, b, provider string }{
		{"kind", "kind-control-plane", "kind-worker", "kind://docker/kind/"},
		{"k3d", "k3d-dev-server-0", "k3d-dev-agent-0", "k3s://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, f := newFakeDaemon(t), &fakeNodes{stdin: map[string]string{}, looks: map[string]int{}}
			d.exec, d.image = f.exec, randomImage(t)
			target, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, d), Nodes: []corev1.Node{
				node(tt.a, "containerd://1.7", tt.provider+tt.a), node(tt.b, "containerd://1.7", tt.provider+tt.b)}})
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := target.Has(t.Context(), "app:dl-1"); ok || err != nil {
				t.Fatalf("before: has %v, error %v", ok, err)
			}
			if err := target.Load(t.Context(), "app:dl-1"); err != nil {
				t.Fatal(err)
			}
			if ok, err := target.Has(t.Context(), "app:dl-1"); !ok || err != nil {
				t.Errorf("after: has %v, error %v", ok, err)
			}
			for _, container := range []string{tt.a, tt.b} {
				if got, want := blobsOf(t, f.stdin[container]), digests(t, d.image); !slices.Equal(got, want) {
					t.Errorf("%s received %q, want %q", container, got, want)
				}
				look := container + `: ctr -n k8s.io images ls -q name==docker.io/library/app:dl-1,labels."io.cri-containerd.image"==managed`
				if all := d.commands(); !slices.Contains(all, look) {
					t.Errorf("commands %q have no %q", all, look)
				}
			}
			if d.saves != 1 {
				t.Errorf("docker packed the image %d times", d.saves)
			}
		})
	}
}

func TestNodesAreSentTheLayersThatOneOfThemLacks(t *testing.T) {
	d := newFakeDaemon(t)
	d.image = randomImage(t)
	all := digests(t, d.image)
	layers := layersOf(t, d.image)
	has := func(n int) string { return strings.Join(layers[:n], "\n") + "\n" }
	for name, tt := range map[string]struct {
		content map[string]string
		dropped string
		without []string
	}{
		"both have the first":            {map[string]string{"one": has(1), "two": has(1)}, "", layers[:1]},
		"one has more":                   {map[string]string{"one": has(1), "two": has(2)}, "", layers[:1]},
		"one has nothing":                {map[string]string{"one": has(2)}, "", nil},
		"a layer goes before it is used": {map[string]string{"one": has(2), "two": has(2)}, "two", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeNodes{stdin: map[string]string{}, looks: map[string]int{}, content: tt.content, dropped: tt.dropped}
			d.exec = f.exec
			target, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, d), Nodes: []corev1.Node{
				node("a", "containerd://1.7", "kind://docker/kind/one"), node("b", "containerd://1.7", "kind://docker/kind/two")}})
			if err != nil {
				t.Fatal(err)
			}
			if err := target.Load(t.Context(), "app:dl-1"); err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(slices.Clone(all), func(d string) bool { return slices.Contains(tt.without, d) })
			for _, container := range []string{"one", "two"} {
				if got := blobsOf(t, f.stdin[container]); !slices.Equal(got, want) {
					t.Errorf("%s received %q, want %q", container, got, want)
				}
			}
		})
	}
}

func TestANodeThatFailsIsNamed(t *testing.T) {
	d, f := newFakeDaemon(t), &fakeNodes{stdin: map[string]string{}, looks: map[string]int{}, refuse: "kind-worker"}
	d.exec, d.image = f.exec, randomImage(t)
	target, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, d), Nodes: []corev1.Node{
		node("a", "containerd://1.7", "kind://docker/kind/kind-control-plane"), node("b", "containerd://1.7", "kind://docker/kind/kind-worker")}})
	if err != nil {
		t.Fatal(err)
	}
	err = target.Load(t.Context(), "app:dl-1")
	var failed *CommandError
	if !errors.As(err, &failed) || failed.ExitCode != 1 || !strings.Contains(err.Error(), "kind-worker") || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v", err)
	}
	if f.refused != 1 {
		t.Errorf("tried %d times", f.refused)
	}
}

func TestCancelEndsALoad(t *testing.T) {
	d := newFakeDaemon(t)
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	d.image = randomImage(t)
	d.exec = func(string, []string, string) (string, int) { cancel(); <-release; return "", 0 }
	defer close(release)
	target, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, d), Nodes: []corev1.Node{node("a", "containerd://1.7", "kind://docker/kind/a")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Load(ctx, "app:dl-1"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestCanonicalReference(t *testing.T) {
	for ref, want := range map[string]string{
		"app:dl-1":                "docker.io/library/app:dl-1",
		"team/app:dl-1":           "docker.io/team/app:dl-1",
		"localhost:5000/app:dl-1": "localhost:5000/app:dl-1",
	} {
		if got, err := Canonical(ref); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", ref, got, err, want)
		}
	}
	if got, err := Canonical("App"); err == nil {
		t.Errorf("App: %s and no error", got)
	}
}
