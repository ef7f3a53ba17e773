//go:build sandbox && linux

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

// exec runs a command in a pod and returns its standard output.
func (w *world) exec(ctx context.Context, pod string, command ...string) (string, error) {
	request := w.client.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(w.namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: command, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(w.config, http.MethodPost, request.URL())
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		return "", fmt.Errorf("exec %s: %w: %s", strings.Join(command, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// logs returns the log of a pod.
func (w *world) logs(ctx context.Context, pod string) (string, error) {
	stream, err := w.client.CoreV1().Pods(w.namespace).GetLogs(pod, &corev1.PodLogOptions{}).Stream(ctx)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	data, err := io.ReadAll(stream)
	return string(data), err
}

// forward forwards a local port to the pod's and returns the local one.
func (w *world) forward(t *testing.T, pod string) uint16 {
	t.Helper()
	transport, upgrader, err := spdy.RoundTripperFor(w.config)
	if err != nil {
		t.Fatal(err)
	}
	url := w.client.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(w.namespace).Name(pod).SubResource("portforward").URL()
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.New(dialer, []string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("port-forward: %v", err)
	}
	t.Cleanup(func() {
		close(stop)
		<-ended
	})
	ports, err := forwarder.GetPorts()
	if err != nil {
		t.Fatal(err)
	}
	return ports[0].Local
}

// get asks a URL from the host.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
