//go:build sandbox

package fidelity

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/yaml"
)

// markLabel is on the objects by which a journal knows that it has seen
// everything up to now.
const markLabel = "fidelity.test/mark"

// marks are objects of the kinds that hooks are made of, which do nothing.
var marks = map[schema.GroupVersionResource]string{
	{Version: "v1", Resource: "configmaps"}:           "{apiVersion: v1, kind: ConfigMap}",
	{Version: "v1", Resource: "secrets"}:              "{apiVersion: v1, kind: Secret}",
	{Version: "v1", Resource: "serviceaccounts"}:      "{apiVersion: v1, kind: ServiceAccount}",
	{Version: "v1", Resource: "pods"}:                 "{apiVersion: v1, kind: Pod, spec: {schedulingGates: [{name: fidelity.test/never}], containers: [{name: c, image: none}]}}",
	{Group: "batch", Version: "v1", Resource: "jobs"}: "{apiVersion: batch/v1, kind: Job, spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: c, image: none}]}}}}",
}

// journal tells which hook objects were made and deleted in a namespace, in
// order, from watches.
type journal struct {
	w         *world
	namespace string
	synced    int

	mu    sync.Mutex
	lines []line
	seen  map[string]int // how many kinds have shown a mark
	broke error
}

type line struct {
	version int
	text    string
}

// startJournal watches until the test is over.
func (w *world) startJournal(t *testing.T, namespace string) (*journal, error) {
	j := &journal{w: w, namespace: namespace, seen: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	for gvr := range marks {
		client := w.dynamic.Resource(gvr).Namespace(namespace)
		list, err := client.List(ctx, metav1.ListOptions{Limit: 1})
		if err != nil {
			return nil, err
		}
		events, err := client.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
		if err != nil {
			return nil, err
		}
		running.Go(func() { j.follow(ctx, gvr.Resource, events) })
	}
	return j, nil
}

func (j *journal) follow(ctx context.Context, kind string, events watch.Interface) {
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events.ResultChan():
			o, isObject := e.Object.(*unstructured.Unstructured)
			if !ok || !isObject || e.Type == watch.Error {
				j.mu.Lock()
				j.broke = fmt.Errorf("the watch of %s in %s has ended: %v", kind, j.namespace, e.Object)
				j.mu.Unlock()
				return
			}
			j.note(e.Type, o)
		}
	}
}

func (j *journal) note(kind watch.EventType, o *unstructured.Unstructured) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o.GetLabels()[markLabel] != "" && kind == watch.Added {
		j.seen[o.GetName()]++
	}
	events := o.GetAnnotations()["helm.sh/hook"]
	if events == "" || kind == watch.Modified {
		return
	}
	version, _ := strconv.Atoi(o.GetResourceVersion())
	verb := map[watch.EventType]string{watch.Added: "made", watch.Deleted: "deleted"}[kind]
	j.lines = append(j.lines, line{version, fmt.Sprintf("%s %s/%s (%s)", verb, o.GetKind(), o.GetName(), events)})
}

// take gives what has happened since the last call.
func (j *journal) take(ctx context.Context) ([]string, error) {
	j.synced++
	name := fmt.Sprintf("mark-%d", j.synced)
	for gvr, manifest := range marks {
		var o unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(manifest), &o.Object); err != nil {
			return nil, err
		}
		o.SetName(name)
		o.SetLabels(map[string]string{markLabel: "x"})
		client := j.w.dynamic.Resource(gvr).Namespace(j.namespace)
		if _, err := client.Create(ctx, &o, metav1.CreateOptions{}); err != nil {
			return nil, err
		}
		background := metav1.DeletePropagationBackground
		if err := client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			return nil, err
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		j.mu.Lock()
		n, broke := j.seen[name], j.broke
		j.mu.Unlock()
		switch {
		case n == len(marks):
			return j.cut(), nil
		case broke != nil:
			return nil, broke
		case time.Now().After(deadline):
			return nil, fmt.Errorf("the watches of %s lag behind: %d of %d marks seen", j.namespace, n, len(marks))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (j *journal) cut() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	slices.SortFunc(j.lines, func(a, b line) int { return a.version - b.version })
	var out []string
	for _, l := range j.lines {
		out = append(out, strings.ReplaceAll(l.text, j.namespace, "NS"))
	}
	j.lines = nil
	return out
}
