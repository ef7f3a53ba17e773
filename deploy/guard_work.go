package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
)

// longestPause is between two attempts at an object that cannot be put back.
const longestPause = 30 * time.Second

var (
	namespaceResource = corev1.SchemeGroupVersion.WithResource("namespaces")
	secretResource    = corev1.SchemeGroupVersion.WithResource("secrets")
)

// suspect judges an object as a watch shows it.
func (g *guard) suspect(w *ward, live *unstructured.Unstructured) bool {
	fix, err := w.correct(live, g.owners.paths(w))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed = false
	if err == nil && fix == nil {
		w.settled = ""
		return false
	}
	return err != nil || fix.digest != w.settled
}

// work looks at what the watches suspect, one round after the other. It waits
// until it is known whose fields are whose.
func (g *guard) work(ctx context.Context) error {
	g.owners.pending.Wait()
	for {
		due, err := g.queue.take(ctx)
		if err != nil {
			return err
		}
		switch err := g.round(ctx, due); {
		case err == nil:
		case errors.Is(err, ErrSuperseded) || ctx.Err() != nil:
			return err
		default:
			g.log.DebugContext(ctx, "guard cannot look, and tries again", "release", g.release, "err", err)
			for _, w := range due {
				g.again(w)
			}
		}
	}
}

// round reads the live state of some objects and corrects it, while nobody else
// of this process works on the release.
func (g *guard) round(ctx context.Context, due []*ward) error {
	unlock, err := g.cluster.lock(ctx, g.namespace, g.release)
	if err != nil {
		return err
	}
	defer unlock()
	list := make(kube.ResourceList, 0, len(due))
	wards := map[*resource.Info]*ward{}
	for _, w := range due {
		list = append(list, w.info)
		wards[w.info] = w
	}
	live, err := g.cluster.read(ctx, list)
	if err != nil {
		return err
	}
	ending, err := g.ending(ctx, due, live)
	if err != nil {
		return err
	}
	if err := g.current(ctx); err != nil {
		return err
	}
	return inKindOrder(list, together, func(info *resource.Info) error {
		w := wards[info]
		switch found := live[w.key()]; {
		case found == nil && w.mayGo:
		case found == nil && ending[w.Namespace]:
			g.again(w)
		case found == nil:
			g.putBack(w)
		case found.GetDeletionTimestamp() == nil:
			g.correct(w, found)
		}
		return ctx.Err()
	})
}

// current says whether the guarded revision is still the deployed one: its record
// says so and has no successor.
func (g *guard) current(ctx context.Context) error {
	records := g.cluster.metadata.Resource(secretResource).Namespace(g.namespace)
	own, err := records.Get(ctx, recordKey(g.release, g.revision), metav1.GetOptions{})
	if ignoreNotFound(err) == nil {
		_, nextErr := records.Get(ctx, recordKey(g.release, g.revision+1), metav1.GetOptions{})
		if err == nil && own.Labels["status"] == release.StatusDeployed.String() && apierrors.IsNotFound(nextErr) {
			return nil
		}
		err = ignoreNotFound(nextErr)
	}
	if err != nil {
		return fmt.Errorf("read the history of release %s/%s: %w", g.namespace, g.release, err)
	}
	last, err := g.cluster.last(ctx, g.namespace, g.release)
	if err != nil {
		return err
	}
	if last == nil {
		return fmt.Errorf("%w: the release is gone", ErrSuperseded)
	}
	return fmt.Errorf("%w: revision %d is %s", ErrSuperseded, last.Version, last.Info.Status)
}

// ending are the namespaces of objects that are gone which are going, too, or
// are not there. Each is told of once.
func (g *guard) ending(ctx context.Context, due []*ward, live map[string]*unstructured.Unstructured) (map[string]bool, error) {
	out := map[string]bool{}
	for _, w := range due {
		_, asked := out[w.Namespace]
		if w.Namespace == "" || asked || live[w.key()] != nil {
			continue
		}
		ns, err := g.cluster.metadata.Resource(namespaceResource).Get(ctx, w.Namespace, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("get namespace %s: %w", w.Namespace, err)
		}
		out[w.Namespace] = err != nil || ns.DeletionTimestamp != nil
		if out[w.Namespace] && !g.terminating[w.Namespace] {
			g.tell(Drift{Object: Object{APIVersion: "v1", Kind: "Namespace", Name: w.Namespace}, Gone: true, Err: ErrTerminating})
		}
		g.terminating[w.Namespace] = out[w.Namespace]
	}
	return out, nil
}

// again looks at an object once more, the later the more often it failed.
func (g *guard) again(w *ward) {
	w.mu.Lock()
	pause := min(time.Second<<min(w.tries, 10), longestPause)
	w.tries++
	w.mu.Unlock()
	g.queue.add(w, time.Now().Add(pause))
}
