//go:build sandbox

package build

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// testRegistry is a registry on this machine that counts what it is sent.
type testRegistry struct {
	host string
	mu   sync.Mutex
	got  map[string]int // by method and kind
	fail int            // a status to answer with; 0 for none
}

func serveRegistry(t *testing.T) *testRegistry {
	t.Helper()
	r := &testRegistry{got: map[string]int{}}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		fail := r.fail
		if req.Method == http.MethodPut || req.Method == http.MethodGet {
			for _, kind := range []string{"/blobs/", "/manifests/"} {
				if strings.Contains(req.URL.Path, kind) {
					r.got[req.Method+kind]++
				}
			}
		}
		r.mu.Unlock()
		if fail != 0 {
			http.Error(w, "no", fail)
			return
		}
		inner.ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	r.host = "localhost:" + srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]
	return r
}

func (r *testRegistry) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[what]
}

func (r *testRegistry) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = status
}

// The sandbox's own containerd pulls what was pushed, layer by layer, as kubelet
// does for a pod.
func TestRealPushIsWhatAPodPulls(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	nodes, err := kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	reg := serveRegistry(t)
	target, err := FindTarget(t.Context(), TargetOptions{Nodes: nodes.Items, Context: "sandbox", Docker: cli, Push: reg.host + "/team"})
	if err != nil {
		t.Fatal(err)
	}
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY waiter /waiter\nCOPY text /text\nENTRYPOINT [\"/waiter\"]\n", "text": t.TempDir()})
	program(t, root, "waiter", waiter)
	s := Spec{Name: "devloop-test/pushed", Context: root}
	d := NewDocker(cli).With(Naming{Prefix: PrefixOf(target)})
	push := func() Image {
		img, err := d.Build(t.Context(), s, inputs(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		remove(t, cli, img.Ref)
		unload(t, sandboxTarget(t, cli, kube), img.Ref)
		if ok, err := target.Has(t.Context(), img.Ref); ok || err != nil {
			t.Fatalf("before the push: has %v, error %v", ok, err)
		}
		if err := target.Load(t.Context(), img.Ref); err != nil {
			t.Fatal(err)
		}
		if ok, err := target.Has(t.Context(), img.Ref); !ok || err != nil {
			t.Fatalf("after the push: has %v, error %v", ok, err)
		}
		return img
	}
	first := push()
	if !strings.HasPrefix(first.Ref, reg.host+"/team/devloop-test/pushed:dl-") {
		t.Errorf("built as %s", first.Ref)
	}
	sent := reg.count("PUT/blobs/")
	put(t, root+"/text", t.TempDir()) // of this run alone: what containerd has it does not pull
	second := push()
	if more := reg.count("PUT/blobs/") - sent; more != 2 || sent != 3 {
		t.Errorf("sent %d blobs, then %d; want 2 layers and a config, then 1 layer and a config", sent, more)
	}

	pods := kube.CoreV1().Pods(namespace(t, kube))
	none := int64(0)
	if _, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod"},
		Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &none, Containers: []corev1.Container{{
			Name: "waiter", Image: second.Ref, ImagePullPolicy: corev1.PullIfNotPresent,
		}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		pod, err := pods.Get(t.Context(), "pod", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].State.Running != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the pod does not start: %+v", pod.Status)
		}
	}
	if reg.count("GET/blobs/") == 0 {
		t.Error("nobody pulled")
	}
}

func TestRealPushTellsWhatToDo(t *testing.T) {
	cli := realDocker(t)
	reg := serveRegistry(t)
	target, err := newRegistry(reg.host, cli)
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[int]string{http.StatusUnauthorized: "docker login " + reg.host, http.StatusInternalServerError: "the registry itself has failed"} {
		reg.answer(status)
		if _, err := target.Has(t.Context(), reg.host+"/app:dl-0"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: error %v, want one with %q", status, err, want)
		}
	}
}

func TestRealAnnouncedRegistryIsUsedWhileItAnswers(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	nodes, err := kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	reg := serveRegistry(t)
	find := func(text string) Target {
		target, err := FindTarget(t.Context(), TargetOptions{Nodes: nodes.Items, Docker: cli, Hosting: &corev1.ConfigMap{Data: map[string]string{hostingKey: text}}})
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := target.(io.Closer); ok {
			t.Cleanup(func() { c.Close() })
		}
		return target
	}
	if got := find("host: " + reg.host); PrefixOf(got) != reg.host || !strings.Contains(got.String(), "announced by the cluster") {
		t.Errorf("found %s with prefix %q", got, PrefixOf(got))
	}
	if got := find("host: " + reg.host + "\nhostFromContainerRuntime: registry:5000\n"); PrefixOf(got) != "registry:5000" || !strings.Contains(got.String(), reg.host) {
		t.Errorf("found %s with prefix %q", got, PrefixOf(got))
	}
	for text, want := range map[string]string{"host: localhost:1": "does not answer", "host: [": hostingKey, "help: x": "names no host"} {
		if got := find(text); PrefixOf(got) != "" || !strings.Contains(got.String(), want) || !strings.Contains(got.String(), "containerd at") {
			t.Errorf("%q: found %s, want containerd, and to be told %q", text, got, want)
		}
	}
}
