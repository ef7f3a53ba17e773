package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/logs"
)

// inCluster finds the pods of releases by what the cluster knows of them, so it
// needs neither files nor a running loop.
type inCluster struct {
	cluster    *deploy.Cluster
	metadata   metadata.Interface
	namespaces map[string]string // of each release
	names      []string          // of the releases, in order
}

// look gives the selectors of the releases that are there, and the names of the
// others.
func (r *inCluster) look(ctx context.Context) (sel []logs.Selector, missing []string, err error) {
	for _, name := range r.names {
		rendered, err := r.cluster.Deployed(ctx, name, r.namespaces[name])
		if err != nil {
			return nil, nil, err
		}
		if rendered == nil {
			missing = append(missing, name)
			continue
		}
		for _, w := range r.cluster.Workloads(rendered) {
			sel = append(sel, logs.Selector{Release: name, Namespace: w.Object.Namespace, Labels: w.Selector})
		}
	}
	return sel, missing, nil
}

// between is the pause after a watch that ended or failed.
const between = time.Second

// watch calls changed when Helm's records in a namespace change, until ctx ends.
func (r *inCluster) watch(ctx context.Context, namespace string, changed func()) {
	secrets := r.metadata.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace)
	for ctx.Err() == nil {
		list, err := secrets.List(ctx, metav1.ListOptions{LabelSelector: "owner=helm"})
		if err == nil {
			changed()
			r.until(ctx, list.ResourceVersion, &cache.ListWatch{WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
				o.LabelSelector = "owner=helm"
				return secrets.Watch(ctx, o)
			}}, changed)
		}
		select {
		case <-time.After(between):
		case <-ctx.Done():
		}
	}
}

// until calls changed for as long as a watch goes on.
func (r *inCluster) until(ctx context.Context, version string, w cache.WatcherWithContext, changed func()) {
	events, err := watchtools.NewRetryWatcherWithContext(ctx, version, w)
	if err != nil {
		return
	}
	defer events.Stop()
	for ev := range events.ResultChan() {
		if ev.Type == watch.Error {
			return // the list is too old: it is read again
		}
		changed()
	}
}

// places are the namespaces of the releases.
func (r *inCluster) places() []string {
	var all []string
	for _, name := range r.names {
		all = append(all, r.namespaces[name])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// absent says in words which releases are not there.
func absent(names []string, follow bool) string {
	text := "release"
	if len(names) > 1 {
		text = "releases"
	}
	text = fmt.Sprintf("%s %s: not in the cluster", text, joined(names))
	if follow {
		return text + "; the logs come once devloop up has brought them there"
	}
	return text
}
