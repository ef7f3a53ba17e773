package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// Options are how a Cluster behaves. The zero value is good.
type Options struct {
	// MaxHistory is how many revisions of a release are kept; default 10, as
	// the helm command has it; negative for no limit.
	MaxHistory int
	// HookTimeout is the longest one hook may take; default 5m, as the helm
	// command has it.
	HookTimeout time.Duration
	// PendingGrace is how old a release that says it is being installed or
	// upgraded must be before its writer is taken for dead; default 3s.
	PendingGrace time.Duration
	// Patience is how long a pod may be unschedulable, miss a volume or be
	// refused by a quota before that counts as a failure; default 5s.
	Patience time.Duration
	// LogLines is how many of a failed container's last log lines a
	// RolloutError carries; default 20.
	LogLines int64
	// Notice is told, in words, what was done besides what was asked for: a
	// chart's dependencies that were fetched. It must be safe for concurrent use;
	// default none.
	Notice func(text string)
	// Log gets diagnostics, among them the API server's warnings; default
	// none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&o.HookTimeout, 5*time.Minute)
	def(&o.PendingGrace, 3*time.Second)
	def(&o.Patience, 5*time.Second)
	if o.MaxHistory == 0 {
		o.MaxHistory = 10
	}
	if o.LogLines == 0 {
		o.LogLines = 20
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Cluster is one Kubernetes cluster that releases are applied to. It keeps
// connections, discovery and REST mappings for as long as it lives. It is safe
// for concurrent use; work on one release happens one at a time.
type Cluster struct {
	opts     Options
	getter   *getter
	surface  *surface
	factory  cmdutil.Factory
	docs     *documents
	rendered *renderings
	sorted   *sortedFiles
	charts   *charts
	deps     *dependencies
	records  *recordCache
	members  *members
	settled  *settled
	clients  *restClients
	client   kubernetes.Interface
	dynamic  dynamic.Interface
	metadata metadata.Interface

	mu   sync.Mutex
	busy map[string]chan struct{} // by release; holds one token while one works on it
}

// New makes a Cluster of the given connection settings. It talks to nobody yet.
// The settings' client-side throttling is switched off: the API server has its
// own (priority and fairness).
func New(config *rest.Config, opts Options) (*Cluster, error) {
	c, err := newCluster(config, opts.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("set up clients for %s: %w", config.Host, err)
	}
	return c, nil
}

func newCluster(config *rest.Config, opts Options) (*Cluster, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = -1, 0, nil
	config.WarningHandlerWithContext = &warnings{opts: opts, told: map[string]bool{}}

	binary := rest.CopyConfig(config)
	binary.ContentType = "application/vnd.kubernetes.protobuf"
	binary.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := kubernetes.NewForConfig(binary)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	get, err := newGetter(config)
	if err != nil {
		return nil, err
	}
	surf, err := newSurface(get)
	if err != nil {
		return nil, err
	}
	factory := cmdutil.NewFactory(get)
	return &Cluster{
		opts: opts, getter: get, surface: surf, factory: factory, docs: newDocuments(), rendered: newRenderings(), sorted: newSortedFiles(), charts: newCharts(),
		deps: newDependencies(opts.Notice), records: &recordCache{}, members: newMembers(), settled: &settled{},
		clients: &restClients{getter: get, made: map[schema.GroupVersionKind]resource.RESTClient{}},
		client:  client, dynamic: dyn, metadata: meta, busy: map[string]chan struct{}{},
	}, nil
}

// lock makes work on one release exclusive and returns what ends it.
func (c *Cluster) lock(ctx context.Context, namespace, name string) (unlock func(), err error) {
	key := namespace + "/" + name
	c.mu.Lock()
	token := c.busy[key]
	if token == nil {
		token = make(chan struct{}, 1)
		c.busy[key] = token
	}
	c.mu.Unlock()
	select {
	case token <- struct{}{}:
		return func() { <-token }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
