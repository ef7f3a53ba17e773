package deploy

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/kube"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
)

// vanishTime is how long an object may take to be deleted before it is made anew.
const vanishTime = time.Minute

// helmClient is what Helm's actions write through in one Apply or Uninstall.
// It is Helm's own client, except that documents are parsed once, only what
// differs is sent, and waiting is done from watches, ends with the caller's
// context and fails as soon as a pod says why it cannot run.
type helmClient struct {
	*kube.Client
	release string // namespace/name
	docs    *documents
	settled *settled
	known   map[string]settledObject // what the last Apply left, by Object.key
	mapper  meta.RESTMapper
	// serverValidates says that unknown fields are for the API server to find.
	serverValidates bool

	// These carry the caller's context: Helm's interface has none. hook waits
	// for one hook's objects, gone for objects to disappear; live reads objects
	// for a write and is not cut short.
	hook, gone func(kube.ResourceList, time.Duration) error
	live       func(kube.ResourceList) (map[string]*unstructured.Unstructured, error)
	versions   func(kindIn) (map[string]string, error)

	absent *absent

	// adopt and force are the Release's.
	adopt, force bool
	// vanish waits until an object that was deleted is gone.
	vanish func(*resource.Info) error

	// hookErr is why a hook failed: Helm's own error keeps only its text.
	hookErr error

	watch *stopwatch

	mu               sync.Mutex
	checksFirst      bool // the next Build is for a check alone; see spare
	checked          kube.ResourceList
	checkedText      string
	written, removed []Object
	edits            []Edit
	documents        map[*resource.Info]*unstructured.Unstructured // what was built from what
	fits             map[string]settledObject                      // what this Apply leaves, by Object.key
}

var (
	_ kube.Interface                    = (*helmClient)(nil)
	_ kube.InterfaceExt                 = (*helmClient)(nil)
	_ kube.InterfaceLogs                = (*helmClient)(nil)
	_ kube.InterfaceDeletionPropagation = (*helmClient)(nil)
)

func (c *Cluster) kubeClient(ctx context.Context, src *source) *helmClient {
	rel := src.rel
	return &helmClient{
		watch:           src.watch,
		Client:          &kube.Client{Factory: c.factory, Log: c.helmLog, Namespace: rel.Namespace},
		release:         rel.String(),
		docs:            c.docs,
		adopt:           rel.Adopt,
		force:           rel.Force,
		settled:         c.settled,
		known:           c.settled.of(rel.String()),
		documents:       map[*resource.Info]*unstructured.Unstructured{},
		fits:            map[string]settledObject{},
		mapper:          c.getter.mapper,
		serverValidates: serverValidates(src.caps),
		live: func(r kube.ResourceList) (map[string]*unstructured.Unstructured, error) {
			return c.read(context.WithoutCancel(ctx), r)
		},
		versions: func(at kindIn) (map[string]string, error) {
			return c.versions(context.WithoutCancel(ctx), at)
		},
		absent: &absent{
			names:  func(at kindIn) (map[string]bool, error) { return c.names(context.WithoutCancel(ctx), at) },
			make:   c.clients.through,
			wanted: map[kindIn]int{}, listed: map[kindIn]map[string]bool{}, clients: map[kindIn]resource.RESTClient{},
		},
		hook: func(r kube.ResourceList, most time.Duration) error {
			return c.awaitHook(ctx, rel.Name, r, most)
		},
		vanish: func(info *resource.Info) error {
			return c.awaitGone(context.WithoutCancel(ctx), kube.ResourceList{info}, vanishTime)
		},
		gone: func(r kube.ResourceList, most time.Duration) error {
			return c.awaitGone(ctx, r, most)
		},
	}
}

// serverValidates says whether the API server checks fields itself, as it does
// since 1.25 (KEP-2885). kubectl's builder, which Helm uses, then checks
// nothing, but reads the server's whole OpenAPI document to find that out.
func serverValidates(caps *chartutil.Capabilities) bool {
	return caps != nil && chartutil.IsCompatibleRange(">=1.25.0-0", caps.KubeVersion.Version)
}

// IsReachable has been answered: each use of the client begins with a request.
func (k *helmClient) IsReachable() error { return nil }

func (k *helmClient) WatchUntilReady(r kube.ResourceList, most time.Duration) error {
	k.hookErr = k.hook(r, most)
	return k.hookErr
}

func (k *helmClient) WaitForDelete(r kube.ResourceList, most time.Duration) error {
	return k.gone(r, most)
}

// GetPodList is Helm's, which relies on IsReachable to have made its client.
func (k *helmClient) GetPodList(namespace string, opts metav1.ListOptions) (*corev1.PodList, error) {
	if err := k.Client.IsReachable(); err != nil {
		return nil, err
	}
	return k.Client.GetPodList(namespace, opts)
}

func (c *Cluster) helmLog(format string, args ...any) {
	c.opts.Log.Debug("helm: " + strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// hookOutput takes the log of a hook that asks for it to be shown
// (helm.sh/hook-output-log-policy).
func (c *Cluster) hookOutput(namespace, pod, container string) io.Writer {
	return logWriter(func(line string) {
		c.opts.Log.Info(line, "namespace", namespace, "pod", pod, "container", container)
	})
}

type logWriter func(line string)

func (w logWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w(strings.TrimRight(line, "\r\n"))
	}
	return len(p), nil
}
