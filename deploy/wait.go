package deploy

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// logPatience is how long a failed container's log may take to come.
const logPatience = 3 * time.Second

// Wait blocks until every object of the release is ready, by watches on exactly
// the kinds it has and on their pods, never by polling. progress is called in
// the calling goroutine with each new state; it may be nil.
//
// The rules of readiness are those of kstatus
// (sigs.k8s.io/cli-utils/pkg/kstatus), except that a job is ready when it is
// complete. Wait fails with a *RolloutError as soon as the cluster shows what
// no waiting cures: an image that cannot be pulled, a container that crashes
// again after its restart or runs out of memory, a missing key of a config map,
// a pod that stays unschedulable. Pods of an older revision do not count.
//
// A probe that fails may heal: it is told in the progress, with its answer, and
// fails the rollout with the deployment's progressDeadlineSeconds, with the crash
// loop that a liveness probe leads to, or with ctx's deadline. What a quota or an
// admission rule refuses is told in the cluster's words, and fails it when it
// lasts. A volume claim whose storage class waits for the first pod
// (WaitForFirstConsumer) is ready while no pod uses it.
//
// There is no time limit but ctx's: when ctx ends, Wait returns at once with an
// error that wraps ctx.Err() and says what was not ready yet. After a deadline it
// is a *RolloutError, with the pods' last log lines.
func (c *Cluster) Wait(ctx context.Context, res Result, progress func(Status)) error {
	if res.Rendered == nil {
		return nil
	}
	t := c.trackerOf(ctx, res.Rendered)
	return c.await(ctx, res.Release, res.Namespace, t, progress)
}

// trackerOf tracks the objects of a release that are not ready by existing.
func (c *Cluster) trackerOf(ctx context.Context, r *Rendered) *tracker {
	var objects []Object
	for _, o := range r.Objects {
		gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
		if o.Name != "" && !readyByExisting(gk) {
			objects = append(objects, o)
		}
	}
	t := newTracker(objects, c.opts.Patience, judge)
	t.bindsLate = c.bindsLate(ctx, objects)
	return t
}

// await runs the watches of a tracker until its objects are ready or failed.
func (c *Cluster) await(ctx context.Context, release, namespace string, t *tracker, progress func(Status)) error {
	if progress == nil {
		progress = func(Status) {}
	}
	var objects []Object
	for _, tg := range t.targets {
		objects = append(objects, tg.Object)
	}
	kinds, err := c.watched(objects)
	if err != nil {
		return fmt.Errorf("wait for release %s: %w", release, err)
	}
	watchCtx, stop := context.WithCancel(ctx)
	changes := make(chan change, 64)
	g, watchCtx := errgroup.WithContext(watchCtx)
	for at, selector := range kinds {
		g.Go(func() error { return c.watch(watchCtx, at, selector, changes) })
	}
	err = c.follow(ctx, release, namespace, t, changes, progress)
	stop()
	if watchErr := g.Wait(); err == nil {
		err = watchErr
	}
	return err
}

// follow feeds the tracker until it has a verdict.
func (c *Cluster) follow(ctx context.Context, release, namespace string, t *tracker, changes <-chan change, progress func(Status)) error {
	last := Status{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if st := t.status(release, namespace); !reflect.DeepEqual(st, last) {
			last = st
			progress(st)
		}
		if t.done() {
			return nil
		}
		failed, again := t.failures(time.Now())
		if len(failed) > 0 {
			return c.rolloutError(ctx, release, failed, nil)
		}
		if !again.IsZero() {
			timer.Reset(time.Until(again))
		}
		select {
		case <-ctx.Done():
			if left := t.unfinished(); errors.Is(ctx.Err(), context.DeadlineExceeded) && len(left) > 0 {
				return c.rolloutError(context.WithoutCancel(ctx), release, left, ctx.Err())
			}
			return fmt.Errorf("wait for release %s: %w; not ready: %s", release, ctx.Err(), pending(last))
		case <-timer.C:
		case ch := <-changes:
			for more := true; more; {
				if ch.err != nil {
					return fmt.Errorf("wait for release %s: %w", release, ch.err)
				}
				t.see(ch)
				select {
				case ch = <-changes:
				default:
					more = false
				}
			}
		}
	}
}

// watched are the kinds to watch for these objects, each with a field selector
// that leaves out what is not needed.
func (c *Cluster) watched(objects []Object) (map[kindIn]string, error) {
	groups, err := c.byKind(objects)
	if err != nil {
		return nil, err
	}
	kinds := map[kindIn]string{}
	for at, group := range groups {
		kinds[at] = ""
		if len(group) == 1 {
			kinds[at] = fields.OneTermEqualSelector("metadata.name", group[0].Name).String()
		}
		for _, o := range group {
			switch o.Kind {
			case "Deployment":
				kinds[kindIn{setResource, o.Namespace}] = ""
			case "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod", "ReplicationController", "PersistentVolumeClaim":
			default:
				continue
			}
			kinds[kindIn{podResource, o.Namespace}] = ""
			kinds[kindIn{eventResource, o.Namespace}] = "type=Warning"
		}
	}
	return kinds, nil
}

// bindsLate are the storage classes that bind a volume only when a pod uses it,
// asked for where there are claims.
func (c *Cluster) bindsLate(ctx context.Context, objects []Object) map[string]bool {
	if !slices.ContainsFunc(objects, func(o Object) bool { return o.Kind == "PersistentVolumeClaim" }) {
		return nil
	}
	list, err := c.client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		c.opts.Log.DebugContext(ctx, "storage classes are unknown: each claim is waited for until it is bound", "err", err)
		return nil
	}
	late := map[string]bool{}
	for _, class := range list.Items {
		mode := class.VolumeBindingMode
		late[class.Name] = mode != nil && *mode == storagev1.VolumeBindingWaitForFirstConsumer
	}
	return late
}

func (c *Cluster) rolloutError(ctx context.Context, release string, failed []found, cause error) error {
	return &RolloutError{Release: release, Failures: c.withLogs(ctx, failed), Err: cause}
}

// withLogs fetches the last log lines of each failed container.
func (c *Cluster) withLogs(ctx context.Context, failed []found) []Failure {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	out := make([]Failure, len(failed))
	var logs sync.WaitGroup
	for i, f := range failed {
		out[i] = f.Failure
		if !f.logs {
			continue
		}
		logs.Go(func() {
			data, err := c.client.CoreV1().Pods(f.namespace).GetLogs(f.Pod, &corev1.PodLogOptions{
				Container: f.Container, Previous: f.previous, TailLines: &c.opts.LogLines,
			}).DoRaw(ctx)
			if err != nil {
				c.opts.Log.DebugContext(ctx, "no log of a failed container", "pod", f.Pod, "container", f.Container, "err", err)
				return // the failure is worth telling without its log
			}
			for line := range strings.Lines(string(data)) {
				out[i].Logs = append(out[i].Logs, strings.TrimRight(line, "\r\n"))
			}
		})
	}
	logs.Wait()
	return out
}

// pending says what is not ready, in one line.
func pending(st Status) string {
	var out []string
	for _, o := range st.Objects {
		if !o.Ready {
			out = append(out, fmt.Sprintf("%s (%s)", o.Object, o.Message))
		}
	}
	return strings.Join(out, ", ")
}
