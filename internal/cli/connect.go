package cli

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/build/filesync"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/internal/loop"
	"github.com/devloop-dev/devloop/logs"
)

// connector reaches the cluster and docker for the loop.
type connector struct {
	*global
	emit event.Sink
	// start runs something for as long as the command runs: the contexts of the
	// loop's own calls end with an iteration.
	start func(run func(ctx context.Context) error)
	// stays: the command goes on after the first pass, so forwards make sense.
	stays bool
	tidy  *tidier // nil: old images stay
	bases *bases  // nil: nobody listens to docker

	beside   *loop.Backends // what was started; nil until then
	deployer *deploy.Cluster
}

// answerIn is how long the API server may take to answer the first request.
const answerIn = 10 * time.Second

// connect reaches what the project needs and was not reached before. It is called
// by one worker at a time.
func (c *connector) connect(ctx context.Context, p *config.Project) (*loop.Backends, error) {
	kc, client, nodes, err := c.cluster(ctx, p)
	if err != nil {
		return nil, err
	}
	b := loop.Backends{Namespace: kc.Namespace, Info: event.Started{Project: p.Name, Context: kc.Name}}
	if len(p.Images) > 0 {
		if err := c.docker(ctx, p, kc, client, nodes, &b); err != nil {
			return nil, err
		}
	}
	if c.beside == nil {
		if c.beside, err = c.begin(kc, client); err != nil {
			return nil, err
		}
	}
	b.Cluster, b.Logs, b.Forward, b.Sync = c.beside.Cluster, c.beside.Logs, c.beside.Forward, c.beside.Sync
	if b.Sync == nil && c.stays && len(p.Images) > 0 {
		b.Sync = c.sync(kc, client, nodes)
		c.beside.Sync = b.Sync
	}
	removes, _ := b.Remover.(remover)
	removes.Cluster = c.deployer
	b.Remover, b.Inspect = removes, c.deployer
	return &b, nil
}

// begin starts what runs beside the loop for as long as the command does.
func (c *connector) begin(kc *kube.Context, client kubernetes.Interface) (*loop.Backends, error) {
	cluster, err := deploy.New(kc.Config, deploy.Options{Notice: func(text string) { c.emit(event.Notice{Text: text}) }})
	if err != nil {
		return nil, err
	}
	notice := func(err error) { c.emit(event.Notice{Text: err.Error()}) }
	streams, err := kubernetes.NewForConfig(logs.ClientConfig(kc.Config))
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	streamer := logs.New(streams, logs.Options{Tail: shownBefore, Notice: notice, Crashed: func(e logs.Crash) { c.emit(crashEvent(e)) }}, func(l logs.Line) { c.emit(logEvent(l)) })
	c.start(streamer.Run)
	c.deployer = cluster
	b := &loop.Backends{Cluster: cluster, Logs: streamer}
	if c.stays {
		forwarder := forward.New(kc.Config, client, c.forwards())
		c.start(forwarder.Run)
		b.Forward = forwarder
	}
	return b, nil
}

// forwards tells of forwards as events.
func (c *connector) forwards() forward.Told {
	return forward.Told{
		Forwarded: func(t forward.Target, url string, taken int) {
			c.emit(event.Forwarded{Target: t.String(), URL: url, Taken: taken})
		},
		Ended:  func(t forward.Target, url string) { c.emit(event.Forwarded{Target: t.String(), URL: url, Ended: true}) },
		Failed: func(text string) { c.emit(event.Notice{Text: text}) },
	}
}

// sync begins what copies files into running containers, also where devloop.yaml
// names none: it may later. The way into them is looked for then.
func (c *connector) sync(kc *kube.Context, client kubernetes.Interface, nodes []corev1.Node) loop.Syncer {
	syncer := filesync.New(filesync.Options{Client: client, Config: kc.Config,
		Runtime: func(ctx context.Context) (build.Runtime, error) {
			engine, err := build.Connect(ctx, build.ConnectOptions{})
			if err != nil {
				return build.Runtime{}, err
			}
			return build.FindRuntime(ctx, build.TargetOptions{Nodes: nodes, Context: kc.Name, Docker: engine})
		},
		Notice: func(text string) { c.emit(event.Notice{Text: text}) },
	})
	c.start(syncer.Run)
	return syncer
}

// cluster finds the context, makes sure it may be written to, and sees whether
// the cluster answers.
func (c *connector) cluster(ctx context.Context, p *config.Project) (*kube.Context, kubernetes.Interface, []corev1.Node, error) {
	kc, err := kube.Load(c.kubeconfig, c.context)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := kc.Check(append(p.AllowContexts, c.allow...)...); err != nil {
		return nil, nil, nil, err
	}
	client, err := kubernetes.NewForConfig(kc.Config)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("context %s: the cluster at %s does not answer: %w; start it, or choose another one with --context", kc.Name, kc.Server, err)
	}
	return kc, client, nodes.Items, nil
}

// docker finds the daemon that builds and the way from it to the pods.
func (c *connector) docker(ctx context.Context, p *config.Project, kc *kube.Context, cluster kubernetes.Interface, nodes []corev1.Node, b *loop.Backends) error {
	engine, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		return err
	}
	target, err := build.FindTarget(ctx, build.TargetOptions{Nodes: nodes, Context: kc.Name, Docker: engine, Push: p.Push, Hosting: announced(ctx, cluster)})
	if err != nil {
		return err
	}
	engine = build.BuildClient(target, engine)
	naming := build.Naming{Project: p.Name, Prefix: build.PrefixOf(target)}
	builder := build.NewDocker(engine).With(naming)
	b.Builder, b.Refs, b.Target, b.Info.Images = builder, builder, target, target.String()
	b.Remover = remover{docker: engine, naming: naming}
	if c.bases != nil {
		c.bases.reached(ctx, engine)
	}
	if c.tidy != nil {
		c.tidy.reached(engine, target, cluster, naming)
	}
	return nil
}

// announced is the config map by which a cluster tells of its registry; nil where
// there is none that can be read.
func announced(ctx context.Context, cluster kubernetes.Interface) *corev1.ConfigMap {
	found, err := cluster.CoreV1().ConfigMaps(build.HostingNamespace).Get(ctx, build.HostingName, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return found
}

// announcedBy is announced for a context.
func announcedBy(ctx context.Context, kc *kube.Context) *corev1.ConfigMap {
	cluster, err := kubernetes.NewForConfig(kc.Config)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	return announced(ctx, cluster)
}
