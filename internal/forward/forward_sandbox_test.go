//go:build sandbox

package forward

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// These tests need KUBECONFIG, a Docker engine, ctr, and a node of containerd on
// this machine, such as `make sandbox` gives.

const serverImage = "devloop-forward-test/server:1"

// lasting is how long the real cluster has for what must happen.
const lasting = time.Minute

// world is a namespace with a deployment, a stateful set and a service of
// testdata/server, and a Forwarder for it.
type world struct {
	*Forwarder
	t         *testing.T
	kube      kubernetes.Interface
	namespace string
	said      func() string
	http      *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	buildServer(t, client)
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "devloop-forward-test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, kube: client, namespace: ns.Name,
		// Each request is a connection of its own.
		http: &http.Client{Timeout: lasting, Transport: &http.Transport{DisableKeepAlives: true}}}
	w.Forwarder, w.said = run(t, func(told Told) *Forwarder { return New(config, client, told) })
	w.objects()
	return w
}

func (w *world) objects() {
	ctx, meta := w.t.Context(), metav1.ObjectMeta{Name: "web", Namespace: w.namespace, Labels: map[string]string{"app": "web"}}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: meta.Labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "web", Image: serverImage, ImagePullPolicy: corev1.PullNever, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
		ReadinessProbe: &corev1.Probe{PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("http")}}},
		// Without a pause a pod may end before anybody knows that it will: the
		// cluster's own controller may try again after a second.
		Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 5}}},
	}}}}
	selector := &metav1.LabelSelector{MatchLabels: meta.Labels}
	if _, err := w.kube.AppsV1().Deployments(w.namespace).Create(ctx, &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}}, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
	set := appsv1.StatefulSet{ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}, Template: *template.DeepCopy()}}
	set.Name, set.Spec.Template.Labels = "db", map[string]string{"app": "db"}
	if _, err := w.kube.AppsV1().StatefulSets(w.namespace).Create(ctx, &set, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
	service := corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Selector: meta.Labels, Ports: []corev1.ServicePort{
		{Name: "http", Port: 80, TargetPort: intstr.FromString("http")},
		{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP},
	}}}
	if _, err := w.kube.CoreV1().Services(w.namespace).Create(ctx, &service, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func buildServer(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) == 0 {
		t.Fatalf("no nodes: %v", err)
	}
	socket := strings.TrimPrefix(nodes.Items[0].Annotations["kubeadm.alpha.kubernetes.io/cri-socket"], "unix://")
	dir := t.TempDir()
	command(t, nil, "env", "CGO_ENABLED=0", "GOOS=linux", "go", "build", "-trimpath", "-o", filepath.Join(dir, "server"), "./testdata/server")
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY server /server\nENTRYPOINT [\"/server\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, nil, "docker", "build", "-q", "-t", serverImage, dir)
	command(t, command(t, nil, "docker", "save", serverImage), "ctr", "-a", socket, "-n", "k8s.io", "images", "import", "-")
}

func command(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes()
}

// set returns when the forwards are in place: Run has then taken a second list.
func (w *world) set(targets ...Target) {
	w.Set(targets)
	w.Set(targets)
}

func (w *world) get(port int) (string, error) {
	res, err := w.http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// The first request comes before there is a ready pod. A request that is under
// way when a rollout takes its pod is answered to its end, all others by
// whichever pod is ready, and none fails.
func TestRealForwardSurvivesRollouts(t *testing.T) {
	w := newWorld(t)
	port := freePort(t)
	target := Target{Namespace: w.namespace, Service: "web", Port: intstr.FromInt32(80), Local: port}
	w.set(target)
	first, err := w.get(port)
	if err != nil || !strings.HasPrefix(first, "web-") {
		t.Fatalf("first answer %q, %v; said %s", first, err, w.said())
	}
	slow, err := w.http.Get(fmt.Sprintf("http://127.0.0.1:%d/slow", port))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Body.Close()
	begun := bufio.NewReader(slow.Body)
	if text, err := begun.Peek(len(first)); err != nil || string(text) != first {
		t.Fatalf("slow answer begins with %q, %v", text, err)
	}
	restart := `{"spec":{"template":{"metadata":{"annotations":{"restarted":"yes"}}}}}`
	if _, err := w.kube.AppsV1().Deployments(w.namespace).Patch(t.Context(), "web", types.StrategicMergePatchType, []byte(restart), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	second := w.answers(port, first)
	if text, err := io.ReadAll(begun); err != nil || string(text) != first+" ends" {
		t.Errorf("the answer under way ends as %q, %v", text, err)
	}
	// Gone without notice: the next request waits for the pod that takes over.
	now := int64(0)
	if err := w.kube.CoreV1().Pods(w.namespace).Delete(t.Context(), second, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		t.Fatal(err)
	}
	w.until("another pod answers", func() bool { text, err := w.get(port); return err == nil && text != "" && text != second })
	w.set(target)
	if text := w.said(); strings.Count(text, "http://") != 1 {
		t.Errorf("the forward was made again:\n%s", text)
	}
}

// answers asks all the time until another pod than before answers. No request
// may fail.
func (w *world) answers(port int, before string) string {
	w.t.Helper()
	now, n := before, 0
	w.until("the new pod answers", func() bool {
		text, err := w.get(port)
		if n++; err != nil {
			w.t.Fatalf("request %d: %v; said %s", n, err, w.said())
		}
		now = text
		return now != before
	})
	w.t.Logf("%d requests while the pod changed", n)
	return now
}

func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(lasting); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s: never; said %s", what, w.said())
		}
	}
}

func TestRealForwardToPodsOfOtherKinds(t *testing.T) {
	w := newWorld(t)
	for service, want := range map[string]string{"statefulset/db": "db-0", "pod/db-0": "db-0", "deployment/web": "web-"} {
		for _, remote := range []string{"8080", "http"} {
			port := freePort(t)
			w.set(Target{Namespace: w.namespace, Service: service, Port: intstr.Parse(remote), Local: port})
			w.until(service+" "+remote, func() bool { text, err := w.get(port); return err == nil && strings.HasPrefix(text, want) })
		}
	}
}

func TestRealForwardOfAPortByName(t *testing.T) {
	w := newWorld(t)
	port := freePort(t)
	w.set(Target{Namespace: w.namespace, Service: "web", Port: intstr.FromString("http"), Local: port})
	if text, err := w.get(port); err != nil || !strings.HasPrefix(text, "web-") {
		t.Errorf("answer %q, %v; said %s", text, err, w.said())
	}
	w.set(Target{Namespace: w.namespace, Service: "web", Port: intstr.FromString("htpp"), Local: port})
	if text, err := w.get(port); err == nil {
		t.Errorf("an answer: %q", text)
	}
	w.until("a word on the name", func() bool { return strings.Contains(w.said(), `it has http; did you mean "http"?`) })
}

func TestRealForwardOfUDPIsRefused(t *testing.T) {
	w := newWorld(t)
	port := freePort(t)
	w.set(Target{Namespace: w.namespace, Service: "web", Port: intstr.FromInt32(53), Local: port})
	if text, err := w.get(port); err == nil {
		t.Errorf("an answer: %q", text)
	}
	w.until("a word on UDP", func() bool {
		return strings.Contains(w.said(), "no TCP port 53; it has 80, 53 (UDP, and only TCP can be forwarded)")
	})
}
