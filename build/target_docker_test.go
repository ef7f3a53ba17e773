//go:build sandbox

package build

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/internal/digest"
)

func cluster(t testing.TB) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return kube
}

// sandboxTarget is what is found for the sandbox's nodes.
func sandboxTarget(t testing.TB, cli *client.Client, kube kubernetes.Interface) *localContainerd {
	t.Helper()
	nodes, err := kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	target, err := FindTarget(t.Context(), TargetOptions{Nodes: nodes.Items, Context: "sandbox", Docker: cli})
	if err != nil {
		t.Fatal(err)
	}
	local, ok := target.(*localContainerd)
	if !ok {
		t.Fatalf("found %s, want this machine's containerd", target)
	}
	t.Cleanup(func() { local.Close() })
	return local
}

// unload takes an image out of the sandbox's containerd when the test ends.
func unload(t testing.TB, target *localContainerd, ref string) {
	t.Cleanup(func() {
		name, _ := Canonical(ref)
		cli, err := containerd.New(target.socket, containerd.WithDefaultNamespace("k8s.io"))
		if err != nil {
			t.Error(err)
			return
		}
		defer cli.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := cli.ImageService().Delete(ctx, name); err != nil && !errdefs.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// A pod that may not pull starts from the image that was built and loaded.
func TestRealLoadLetsAPodStart(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	target := sandboxTarget(t, cli, kube)
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY waiter /waiter\nCOPY text /text\nENTRYPOINT [\"/waiter\"]\n", "text": t.TempDir()})
	program(t, root, "waiter", waiter)
	s := Spec{Name: "devloop-test/pod", Context: root}
	img := mustBuild(t, cli, s, inputs(t, s))
	unload(t, target, img.Ref)

	if ok, err := target.Has(t.Context(), img.Ref); ok || err != nil {
		t.Fatalf("before the load: has %v, error %v", ok, err)
	}
	if err := target.Load(t.Context(), img.Ref); err != nil {
		t.Fatal(err)
	}
	if ok, err := target.Has(t.Context(), img.Ref); !ok || err != nil {
		t.Fatalf("after the load: has %v, error %v", ok, err)
	}

	starts(t, kube, img.Ref)
}

func namespace(t *testing.T, kube kubernetes.Interface) string {
	t.Helper()
	created, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "devloop-build-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kube.CoreV1().Namespaces().Delete(context.Background(), created.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	name := created.Name
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := kube.CoreV1().ServiceAccounts(name).Get(t.Context(), "default", metav1.GetOptions{}); err == nil {
			return name
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// The nodes of kind and k3d are asked and loaded through ctr: the real one is taken
// here, for the filter that must find an image only once Kubernetes knows it, for
// its list of blobs, and for an import that lacks some.
func TestRealCtrDoesWhatIsAskedOfKindNodes(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	target := sandboxTarget(t, cli, kube)
	s := onLargeBase(t)
	s.Name = "devloop-test/ctr"
	d, received := newFakeDaemon(t), 0
	d.exec = ctr(target, &received)
	kind := &nodes{kind: "kind", containers: []string{"n"}, from: cli, exec: connect(t, d)}
	for i, most := range []int{60 * mega, mega} {
		put(t, filepath.Join(s.Context, "text"), rand.Text())
		img := mustBuild(t, cli, s, inputs(t, s))
		unload(t, target, img.Ref)
		if ok, err := kind.Has(t.Context(), img.Ref); ok || err != nil {
			t.Fatalf("before the load: has %v, error %v", ok, err)
		}
		received = 0
		if err := kind.Load(t.Context(), img.Ref); err != nil {
			t.Fatal(err)
		}
		if received > most {
			t.Errorf("load %d sent %d bytes", i, received)
		}
		if ok, err := target.Has(t.Context(), img.Ref); !ok || err != nil {
			t.Errorf("after the load: has %v, error %v", ok, err)
		}
		whole(t, target, img.Ref)
		if i > 0 {
			starts(t, kube, img.Ref)
		}
	}
}

// ctr answers for a node's container by the real ctr on the sandbox's containerd, and
// counts what goes in.
func ctr(target *localContainerd, received *int) func(string, []string, string) (string, int) {
	return func(_ string, cmd []string, stdin string) (string, int) {
		run := exec.Command(cmd[0], append([]string{"--address", target.socket}, cmd[1:]...)...)
		run.Stdin = strings.NewReader(stdin)
		*received += len(stdin)
		out, err := run.CombinedOutput()
		if err != nil {
			return fmt.Sprintf("%s\n%v", out, err), 1
		}
		return string(out), 0
	}
}

func TestRealLoadOfAMissingImageSaysSo(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	err := sandboxTarget(t, cli, kube).Load(t.Context(), "devloop-test/none:dl-0")
	if err == nil || !strings.Contains(err.Error(), "devloop-test/none:dl-0") {
		t.Errorf("error %v", err)
	}
}

// BenchmarkBuildAndLoad is one new 10 MB binary from file to containerd, and
// the questions asked when nothing is to be done.
func BenchmarkBuildAndLoad(b *testing.B) {
	cli, kube := realDocker(b), cluster(b)
	target := sandboxTarget(b, cli, kube)
	h := digest.New()
	var hash, build, load, has, again time.Duration
	for b.Loop() {
		s := tenMB(b)
		start := time.Now()
		in, err := s.Inputs(b.Context(), h)
		if err != nil {
			b.Fatal(err)
		}
		hash += time.Since(start)
		remove(b, cli, s.Ref(in))
		unload(b, target, s.Ref(in))
		img, err := NewDocker(cli).Build(b.Context(), s, in, nil)
		if err != nil {
			b.Fatal(err)
		}
		build += img.Took
		start = time.Now()
		if err := target.Load(b.Context(), img.Ref); err != nil {
			b.Fatal(err)
		}
		load += time.Since(start)
		start = time.Now()
		if ok, err := target.Has(b.Context(), img.Ref); !ok || err != nil {
			b.Fatal(ok, err)
		}
		has += time.Since(start)
		known, err := NewDocker(cli).Build(b.Context(), s, in, nil)
		if err != nil || known.Built {
			b.Fatal(known, err)
		}
		again += known.Took
		os.Remove(filepath.Join(s.Context, "app"))
	}
	for name, d := range map[string]time.Duration{"hash": hash, "build": build, "load": load, "has": has, "known": again} {
		b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), name+"-ms")
	}
}
