package observe

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// Versions are the resourceVersions of a namespace's config maps and secrets,
// helm's records among them: any write to one of them shows here.
func (o *Observer) Versions(ctx context.Context, namespace string) (map[string]string, error) {
	all := map[string]string{}
	for _, resource := range []string{"configmaps", "secrets"} {
		list, err := o.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: resource}).
			Namespace(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, fmt.Errorf("list %s of %s: %w", resource, namespace, err)
		}
		for _, item := range list.Items {
			all[resource+"/"+item.GetName()] = item.GetResourceVersion()
		}
	}
	return all, nil
}

// writeVerbs are those of apiserver_request_total that change something.
var writeVerbs = []string{`verb="POST"`, `verb="PUT"`, `verb="PATCH"`, `verb="APPLY"`, `verb="DELETE"`, `verb="DELETECOLLECTION"`}

// Writes is how many writes of config maps and secrets the API server has
// counted since it started, of everyone and in all namespaces: its metric
// apiserver_request_total.
func (o *Observer) Writes(ctx context.Context) (float64, error) {
	data, err := o.client.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the API server's metrics: %w", err)
	}
	return countWrites(data)
}

func countWrites(metrics []byte) (float64, error) {
	total := 0.0
	lines := bufio.NewScanner(bytes.NewReader(metrics))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "apiserver_request_total{") || !strings.Contains(line, `group=""`) {
			continue
		}
		counted := strings.Contains(line, `resource="configmaps"`) || strings.Contains(line, `resource="secrets"`)
		for _, verb := range writeVerbs {
			if !counted || !strings.Contains(line, verb) {
				continue
			}
			n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			if err != nil {
				return 0, fmt.Errorf("read the metric %q: %w", line, err)
			}
			total += n
		}
	}
	return total, lines.Err()
}

// AwaitPods blocks until a namespace has exactly n pods, those being ended
// included.
func (o *Observer) AwaitPods(ctx context.Context, namespace string, n int) error {
	pods := o.client.CoreV1().Pods(namespace)
	list, err := pods.List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list the pods of %s: %w", namespace, err)
	}
	have := map[types.UID]bool{}
	for _, pod := range list.Items {
		have[pod.UID] = true
	}
	w, err := pods.Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return fmt.Errorf("watch the pods of %s: %w", namespace, err)
	}
	defer w.Stop()
	for len(have) != n {
		e, ok := <-w.ResultChan()
		pod, isObject := e.Object.(metav1.Object)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("wait for %d pods in %s, there are %d: %w", n, namespace, len(have), ctx.Err())
		case !ok || !isObject:
			return fmt.Errorf("watch the pods of %s: the watch ended with %q", namespace, e.Type)
		case e.Type == watch.Deleted:
			delete(have, pod.GetUID())
		default:
			have[pod.GetUID()] = true
		}
	}
	return nil
}
