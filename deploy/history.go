package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// store is the history of a namespace's releases, in secrets as the helm
// command keeps it, by Helm's own driver.
func (c *Cluster) store(namespace string) *storage.Storage {
	d := driver.NewSecrets(c.client.CoreV1().Secrets(namespace))
	d.Log = func(string, ...any) {}
	s := storage.Init(d)
	s.MaxHistory = max(c.opts.MaxHistory, 0)
	return s
}

// last is the newest record of a release, or nil where there is none.
func (c *Cluster) last(ctx context.Context, namespace, name string) (*release.Release, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return newest(c.history(ctx, namespace), namespace, name)
}

func newest(history *storage.Storage, namespace, name string) (*release.Release, error) {
	rel, err := history.Last(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history of release %s/%s: %w", namespace, name, err)
	}
	return rel, nil
}

// repair makes a release that a killed process left in the middle of a change
// fit to be upgraded, and returns its record and what was done. A record that
// is younger than PendingGrace may belong to a living process: that one is
// given the rest of the grace to end.
func (c *Cluster) repair(ctx context.Context, last *release.Release) (*release.Release, string, error) {
	if !unfinished(last) {
		return last, "", nil
	}
	if grace := min(c.opts.PendingGrace-time.Since(last.Info.LastDeployed.Time), c.opts.PendingGrace); grace > 0 {
		if err := c.awaitRecord(ctx, last, grace); err != nil {
			return nil, "", err
		}
		fresh, err := c.last(ctx, last.Namespace, last.Name)
		if err != nil || fresh == nil || !unfinished(fresh) {
			return fresh, "", err
		}
		last = fresh
	}
	was := last.Info.Status
	last.SetStatus(release.StatusFailed, fmt.Sprintf("left %s by a process that ended before it was done", was))
	if err := c.history(ctx, last.Namespace).Update(last); err != nil {
		return nil, "", fmt.Errorf("mark revision %d of release %s/%s, left %s, as failed: %w",
			last.Version, last.Namespace, last.Name, was, err)
	}
	return last, fmt.Sprintf("revision %d was left %s by a process that ended; marked as failed", last.Version, was), nil
}

// unfinished says that some process is, or died, changing the release.
func unfinished(r *release.Release) bool {
	return r != nil && (r.Info.Status.IsPending() || r.Info.Status == release.StatusUninstalling)
}

// awaitRecord waits until the release's record changes or the time is up.
func (c *Cluster) awaitRecord(ctx context.Context, r *release.Release, most time.Duration) error {
	grace, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	name := fmt.Sprintf("%s.%s.v%d", storage.HelmStorageType, r.Name, r.Version)
	w, err := c.client.CoreV1().Secrets(r.Namespace).Watch(grace, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String(),
	})
	if err != nil {
		return fmt.Errorf("watch the record of release %s/%s: %w", r.Namespace, r.Name, err)
	}
	defer w.Stop()
	for {
		select {
		case <-grace.Done():
			return ctx.Err() // nil when only the grace is over
		case e, ok := <-w.ResultChan():
			if !ok || e.Type == watch.Deleted || e.Type == watch.Error {
				return ctx.Err()
			}
			acc, ok := e.Object.(metav1.Object)
			if ok && acc.GetLabels()["status"] != r.Info.Status.String() {
				return nil
			}
		}
	}
}
