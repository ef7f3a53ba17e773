package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/kube"
)

// reached is a cluster that answers.
type reached struct {
	*kube.Context
	client kubernetes.Interface
	nodes  []corev1.Node
}

func (e *examination) cluster(ctx context.Context) []Finding {
	const check = "cluster"
	kc, err := kube.Load(e.Kubeconfig, e.Context)
	switch {
	case errors.Is(err, kube.ErrNoCluster):
		return fail(check, err.Error(), "") // it says what to do
	case err != nil:
		return fail(check, err.Error(), "correct the kubeconfig, or choose another context with --context")
	}
	client, err := kubernetes.NewForConfig(kc.Config)
	if err != nil {
		return fail(check, fmt.Sprintf("context %s: %v", kc.Name, err), "correct the kubeconfig")
	}
	return e.examine(ctx, &reached{Context: kc, client: client})
}

func (e *examination) examine(ctx context.Context, r *reached) []Finding {
	const check = "cluster"
	version, err := r.client.Discovery().ServerVersion()
	if err != nil {
		return fail(check, fmt.Sprintf("context %s: %s does not answer: %v", r.Name, r.Server, err), "start the cluster, or choose another one with --context")
	}
	nodes, err := r.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fail(check, fmt.Sprintf("context %s: its nodes cannot be listed: %v", r.Name, err), "get the permission to list nodes: devloop finds out from them how images reach the pods")
	}
	r.nodes = nodes.Items
	e.reached = r
	text := fmt.Sprintf("context %s at %s, Kubernetes %s, %s", r.Name, r.Server, version.GitVersion, count(len(r.nodes), "node"))
	var out []Finding
	switch err := r.Check(e.allowed()...); {
	case err != nil:
		out = fail(check, text+": not a local cluster, and not allowed", "if devloop may write to it: allowContexts: ["+r.Name+"] in devloop.yaml, or --allow-context "+r.Name)
	case !r.Local():
		out = warn(check, text+": not a local cluster, but allowed", "remove it from allowContexts if that is not meant")
	default:
		out = ok(check, text+", local")
	}
	return append(out, unhealthy(r.nodes)...)
}

func (e *examination) allowed() []string {
	if e.Project == nil {
		return e.Allow
	}
	return append(append([]string{}, e.Project.AllowContexts...), e.Allow...)
}

// unhealthy are the nodes' own complaints.
func unhealthy(nodes []corev1.Node) []Finding {
	var out []Finding
	for _, n := range nodes {
		var bad []string
		for _, c := range n.Status.Conditions {
			switch {
			case c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue:
				bad = append(bad, "not ready: "+c.Message)
			case c.Type != corev1.NodeReady && c.Status == corev1.ConditionTrue:
				bad = append(bad, string(c.Type)+": "+c.Message)
			}
		}
		if len(bad) > 0 {
			out = append(out, fail("cluster", "node "+n.Name+" is "+strings.Join(bad, "; "), "free the disk or memory it lacks, or restart the cluster; kubectl describe node "+n.Name+" tells more")...)
		}
	}
	return out
}

// images: the way from the docker daemon to the pods.
func (e *examination) images(ctx context.Context) []Finding {
	const check = "images"
	if e.engine == nil || e.reached == nil {
		return nil // told above
	}
	target, err := build.FindTarget(ctx, build.TargetOptions{Nodes: e.reached.nodes, Context: e.reached.Name, Docker: e.engine})
	if err != nil {
		if !e.needsImages() {
			return warn(check, err.Error(), "this project builds no images, so nothing needs it now")
		}
		return fail(check, err.Error(), "use one of the known kinds of clusters, or choose another context with --context")
	}
	if c, ok := target.(interface{ Close() error }); ok {
		_ = c.Close() // nothing is lost with the connection
	}
	return ok(check, "reach the pods by "+target.String())
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
