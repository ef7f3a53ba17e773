package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
)

// Output sees that a command in the containers of all pods of a selector, at least
// one, prints a text. With cat for the command it sees a file.
type Output struct {
	Config    *rest.Config
	Client    kubernetes.Interface
	Namespace string
	Labels    string
	Container string // default: the pod's first
	Command   []string
	Text      string
	Every     time.Duration // between two looks
}

// Now implements Eye.
func (o Output) Now(ctx context.Context) (bool, error) {
	pods, err := o.Client.CoreV1().Pods(o.Namespace).List(ctx, metav1.ListOptions{LabelSelector: o.Labels})
	if err != nil {
		return false, fmt.Errorf("observe a file in pods %s: %w", o.Labels, err)
	}
	looked := 0
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil {
			continue
		}
		out, err := o.run(ctx, pod)
		if err != nil {
			return false, fmt.Errorf("observe a file in pod %s: %w", pod.Name, err)
		}
		if !strings.Contains(out, o.Text) {
			return false, nil
		}
		looked++
	}
	if looked == 0 {
		return false, fmt.Errorf("observe a file in pods %s: there are none", o.Labels)
	}
	return true, nil
}

// Open implements Eye.
func (o Output) Open(ctx context.Context) (func() (time.Time, error), error) {
	return polled(ctx, o.Every, o.Now), nil
}

func (o Output) run(ctx context.Context, pod corev1.Pod) (string, error) {
	container := o.Container
	if container == "" && len(pod.Spec.Containers) > 0 {
		container = pod.Spec.Containers[0].Name
	}
	req := o.Client.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: container, Command: o.Command, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	exec, err := remotecommand.NewSPDYExecutor(o.Config, "POST", req.URL())
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var out, errOut collected
	if err := exec.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &out, Stderr: &errOut}); err != nil {
		return "", errors.Join(err, errors.New(strings.TrimSpace(errOut.String())))
	}
	return out.String(), nil
}

// collected is what a command prints. A stream whose context ends returns before those
// who copy from it have.
type collected struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (c *collected) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *collected) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}
