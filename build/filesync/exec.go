package filesync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"
)

// execWay leads through the API into any container that has sh and tar.
type execWay struct {
	client kubernetes.Interface
	config *rest.Config
}

func (w *execWay) String() string { return "tar in the container" }

func (w *execWay) write(ctx context.Context, c Container, files []file) error {
	for _, p := range packs(files) {
		if err := w.run(ctx, c, p.tar(), "sh", "-c", script, "sh", "", p.folder); err != nil {
			return fmt.Errorf("write into %s: %w", p.folder, err)
		}
	}
	return nil
}

func (w *execWay) signal(ctx context.Context, c Container, name string) error {
	return w.run(ctx, c, nil, "kill", "-"+name, "1")
}

// run runs a command in a container. Its error ends with what the command said.
func (w *execWay) run(ctx context.Context, c Container, stdin io.Reader, command ...string) error {
	url := w.client.CoreV1().RESTClient().Post().Resource("pods").Namespace(c.Namespace).Name(c.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: c.Name, Command: command, Stdin: stdin != nil, Stdout: true, Stderr: true}, scheme.ParameterCodec).URL()
	sockets, err := remotecommand.NewWebSocketExecutor(w.config, "GET", url.String())
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	older, err := remotecommand.NewSPDYExecutor(w.config, "POST", url)
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	either, err := remotecommand.NewFallbackExecutor(sockets, older, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	if err != nil {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	var printed, complained bytes.Buffer // each is written by another goroutine
	err = either.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: stdin, Stdout: &printed, Stderr: &complained})
	var failed exec.CodeExitError
	switch {
	case errors.As(err, &failed):
		text := fmt.Sprintf("%s ended with %d", strings.Join(command[:min(len(command), 4)], " "), failed.Code)
		if command[0] == "sh" {
			text = fmt.Sprintf("sh ended with %d", failed.Code)
		}
		if lines := strings.TrimSpace(printed.String() + complained.String()); lines != "" {
			text += ": " + lines
		}
		return errors.New(text)
	case err != nil:
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	return nil
}
