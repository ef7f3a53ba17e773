//go:build sandbox && linux

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestSandbox is one world for all that is asked of it, because making the
// pods takes most of the time.
func TestSandbox(t *testing.T) {
	w := newWorld(t)
	w.loadImage()
	web := w.deploy("web", 2)
	other := w.deploy("other", 1)[0].Name
	service := w.expose("web")
	url := fmt.Sprintf("http://%s:%d/", service.Spec.ClusterIP, port)

	// saysHello wants the answer of one of the pods of web.
	saysHello := func(answer string, err error) error {
		if err != nil {
			return err
		}
		if !strings.Contains(answer, "hello from web-") {
			return fmt.Errorf("answer %q is not of a pod of web", answer)
		}
		return nil
	}
	fromPod := func(t *testing.T, pod, url string) {
		t.Helper()
		eventually(t, pod+" asks "+url, func(ctx context.Context) error {
			return saysHello(w.exec(ctx, pod, "/server", "get", url))
		})
	}
	fromHost := func(t *testing.T, url string) {
		t.Helper()
		eventually(t, "the host asks "+url, func(ctx context.Context) error { return saysHello(get(ctx, url)) })
	}

	t.Run("a pod reaches a cluster IP", func(t *testing.T) { fromPod(t, other, url) })
	t.Run("a pod reaches its own service", func(t *testing.T) {
		for range 6 {
			fromPod(t, web[0].Name, url)
		}
	})
	t.Run("a pod resolves a service by name", func(t *testing.T) {
		fromPod(t, other, fmt.Sprintf("http://web:%d/", port))
		fromPod(t, other, fmt.Sprintf("http://web.%s.svc.cluster.local:%d/", w.namespace, port))
	})
	t.Run("a pod reaches another pod", func(t *testing.T) {
		fromPod(t, other, fmt.Sprintf("http://%s:%d/", web[0].Status.PodIP, port))
	})
	t.Run("a pod reaches a node port", func(t *testing.T) {
		fromPod(t, other, fmt.Sprintf("http://%s:%d/", web[0].Status.HostIP, service.Spec.Ports[0].NodePort))
	})
	t.Run("a pod reaches the API server", func(t *testing.T) {
		eventually(t, "asking for its version", func(ctx context.Context) error {
			answer, err := w.exec(ctx, other, "/server", "get", "https://kubernetes.default/version")
			if err == nil && !strings.Contains(answer, `"gitVersion": "v1.34.4"`) {
				err = fmt.Errorf("answer %q, want the version v1.34.4", answer)
			}
			return err
		})
	})
	t.Run("the host reaches a cluster IP", func(t *testing.T) { fromHost(t, url) })
	t.Run("the host reaches a node port", func(t *testing.T) {
		fromHost(t, fmt.Sprintf("http://%s:%d/", web[0].Status.HostIP, service.Spec.Ports[0].NodePort))
	})
	t.Run("the host reaches a pod", func(t *testing.T) {
		fromHost(t, fmt.Sprintf("http://%s:%d/", web[0].Status.PodIP, port))
	})
	t.Run("port-forward", func(t *testing.T) {
		fromHost(t, fmt.Sprintf("http://127.0.0.1:%d/", w.forward(t, web[0].Name)))
	})
	t.Run("logs", func(t *testing.T) {
		fromHost(t, fmt.Sprintf("http://%s:%d/for-the-log", web[0].Status.PodIP, port))
		eventually(t, "reading the log", func(ctx context.Context) error {
			log, err := w.logs(ctx, web[0].Name)
			if err == nil && (!strings.Contains(log, "listening on :8080\n") || !strings.Contains(log, "request /for-the-log\n")) {
				err = fmt.Errorf("the log lacks the request: %q", log)
			}
			return err
		})
	})
	t.Run("exec", func(t *testing.T) {
		said, err := w.exec(t.Context(), other, "/server", "say", "some", "words")
		if err != nil || said != "some words\n" {
			t.Errorf("exec says %q, error %v, want %q", said, err, "some words\n")
		}
	})
	t.Run("a host port", w.testHostPort)
	t.Run("a docker container reaches a cluster IP", func(t *testing.T) {
		eventually(t, "docker run", func(ctx context.Context) error {
			return saysHello(run(ctx, "docker", "run", "--rm", testImage, "get", url))
		})
	})
	t.Run("custom resource definitions", w.testDefinitions)
}

func (w *world) testHostPort(t *testing.T) {
	const hostPort = 29871
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-hostport"},
		Spec: corev1.PodSpec{
			Hostname: "web-hostport",
			Containers: []corev1.Container{{
				Name: "server", Image: testImage, ImagePullPolicy: corev1.PullNever,
				Ports: []corev1.ContainerPort{{ContainerPort: port, HostPort: hostPort}},
			}},
		},
	}
	pods := w.client.CoreV1().Pods(w.namespace)
	if _, err := pods.Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the host asks a host port", func(ctx context.Context) error {
		answer, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/", hostPort))
		if err == nil && !strings.Contains(answer, "web-hostport") {
			err = fmt.Errorf("answer %q is not of the pod", answer)
		}
		return err
	})
}

// testDefinitions asks for resources of each kind that the sandbox says it
// has from the start.
func (w *world) testDefinitions(t *testing.T) {
	for _, resource := range []string{
		"networking.istio.io/v1/virtualservices",
		"networking.istio.io/v1/destinationrules",
		"networking.istio.io/v1/gateways",
		"gateway.networking.k8s.io/v1/httproutes",
		"monitoring.coreos.com/v1/servicemonitors",
	} {
		_, err := w.client.CoreV1().RESTClient().Get().AbsPath("/apis/" + resource).DoRaw(t.Context())
		if err != nil {
			t.Errorf("listing %s: %v", resource, err)
		}
	}
}
