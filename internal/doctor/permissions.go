package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	authnv1 "k8s.io/api/authentication/v1"
	authzv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/restmapper"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/request"
)

// need is something devloop must be allowed to do.
type need struct {
	verb, group, resource, sub string
	namespace                  string // "" for the whole cluster
}

func (n need) String() string {
	what := n.resource
	if n.sub != "" {
		what += "/" + n.sub
	}
	if n.group != "" {
		what += "." + n.group
	}
	return n.verb + " " + what
}

// permissions asks the API server, which knows all authorizers, for each need.
func (e *examination) permissions(ctx context.Context) []Finding {
	const check = "permissions"
	if e.reached == nil {
		return nil
	}
	needs, notes := e.needs(ctx)
	missing, err := e.denied(ctx, needs)
	if err != nil {
		return fail(check, "what is allowed cannot be asked: "+err.Error(), "look at the cluster's authorization")
	}
	if len(missing) == 0 {
		return append(ok(check, fmt.Sprintf("all %d that are needed", len(needs))), notes...)
	}
	user := e.whoami(ctx)
	var out []Finding
	for _, ns := range slices.Sorted(maps.Keys(missing)) {
		names := make([]string, len(missing[ns]))
		for i, n := range missing[ns] {
			names[i] = n.String()
		}
		where, fix := "namespace "+ns, fmt.Sprintf("have somebody who may: kubectl create rolebinding devloop --clusterrole admin --user %s --namespace %s", user, ns)
		if ns == "" {
			where, fix = "the whole cluster", fmt.Sprintf("have somebody who may give %s a ClusterRole with these", user)
		}
		out = append(out, fail(check, fmt.Sprintf("%s may not, in %s: %s", user, where, strings.Join(names, ", ")), fix)...)
	}
	return append(out, notes...)
}

// namespacesOf are those of the project's releases, or the context's.
func (e *examination) namespacesOf() []string {
	if e.Project == nil || len(e.Project.Releases) == 0 {
		return []string{e.reached.Namespace}
	}
	seen := map[string]bool{}
	for _, r := range e.Project.Releases {
		seen[r.In(e.reached.Namespace)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// needs are what Helm's records, the wait and the logs take, and the kinds that the
// project's charts hold.
func (e *examination) needs(ctx context.Context) ([]need, []Finding) {
	out := []need{{verb: "list", resource: "nodes"}}
	add := func(ns, group, resource, sub string, verbs ...string) {
		for _, v := range verbs {
			if n := (need{v, group, resource, sub, ns}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	for _, ns := range e.namespacesOf() {
		add(ns, "", "secrets", "", "get", "list", "watch", "create", "update", "delete")
		add(ns, "", "pods", "", "get", "list", "watch")
		add(ns, "", "pods", "log", "get")
		add(ns, "", "events", "", "list", "watch")
	}
	if e.Project == nil {
		return out, nil
	}
	for _, f := range e.Project.Forward {
		add(e.Project.Releases[f.Release].In(e.reached.Namespace), "", "pods", "portforward", "create")
	}
	for _, r := range e.Project.Releases {
		if r.CreateNamespace {
			add("", "", "namespaces", "", "get", "create")
		}
		ns := r.In(e.reached.Namespace)
		for _, im := range r.Images {
			if len(e.Project.Images[im].Sync) > 0 { // see docs/sync.md
				add(ns, "", "pods", "", "patch", "delete")
				add(ns, "", "pods", "exec", "create")
			}
		}
	}
	kinds, notes := e.kinds(ctx)
	for _, k := range kinds {
		add(k.namespace, k.group, k.resource, "", "get", "list", "watch", "create", "patch", "delete")
	}
	return out, notes
}

// kinds are the resources that the project's charts render.
func (e *examination) kinds(ctx context.Context) ([]need, []Finding) {
	cluster, err := deploy.New(e.reached.Config, deploy.Options{})
	if err != nil {
		return nil, warn("charts", err.Error(), "correct the kubeconfig")
	}
	groups, err := restmapper.GetAPIGroupResources(e.reached.client.Discovery())
	if err != nil {
		return nil, warn("charts", "the cluster does not tell its kinds: "+err.Error(), "look for an API service that is down: kubectl get apiservices")
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	var out []need
	var notes []Finding
	for _, name := range e.Project.ReleaseNames() {
		refs := map[string]string{}
		for _, image := range e.Project.Releases[name].Images {
			refs[image] = image + ":doctor"
		}
		rel := request.Release(name, e.Project.Releases[name], e.reached.Namespace, refs)
		rendered, err := cluster.Render(ctx, rel)
		if err != nil {
			notes = append(notes, fail("charts", err.Error(), "devloop render "+name+" shows it again")...)
			continue
		}
		for _, o := range rendered.Objects {
			gv, err := schema.ParseGroupVersion(o.APIVersion)
			if err != nil {
				continue
			}
			m, err := mapper.RESTMapping(schema.GroupKind{Group: gv.Group, Kind: o.Kind}, gv.Version)
			if err != nil {
				continue // its definition may come with the chart
			}
			ns := o.Namespace
			if ns == "" {
				ns = rel.Namespace
			}
			if m.Scope.Name() == "root" {
				ns = ""
			}
			out = append(out, need{group: m.Resource.Group, resource: m.Resource.Resource, namespace: ns})
		}
	}
	return out, notes
}

// denied are the needs that are refused, by namespace.
func (e *examination) denied(ctx context.Context, needs []need) (map[string][]need, error) {
	allowed := make([]bool, len(needs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for i, n := range needs {
		g.Go(func() error {
			review := &authzv1.SelfSubjectAccessReview{Spec: authzv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authzv1.ResourceAttributes{
				Namespace: n.namespace, Verb: n.verb, Group: n.group, Resource: n.resource, Subresource: n.sub,
			}}}
			answer, err := e.reached.client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			allowed[i] = answer.Status.Allowed
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := map[string][]need{}
	for i, n := range needs {
		if !allowed[i] {
			out[n.namespace] = append(out[n.namespace], n)
		}
	}
	return out, nil
}

// whoami is the user's name in the cluster, as far as it tells.
func (e *examination) whoami(ctx context.Context) string {
	r, err := e.reached.client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authnv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil || r.Status.UserInfo.Username == "" {
		return "this user"
	}
	return r.Status.UserInfo.Username
}

// namespaces that are not there and that nothing makes.
func (e *examination) namespaces(ctx context.Context) []Finding {
	if e.reached == nil || e.Project == nil {
		return nil
	}
	var out []Finding
	for _, ns := range e.namespacesOf() {
		_, err := e.reached.client.CoreV1().Namespaces().Get(ctx, ns, metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			continue // there, or not ours to look at
		}
		for _, name := range e.Project.ReleaseNames() {
			r := e.Project.Releases[name]
			if r.In(e.reached.Namespace) == ns && !r.CreateNamespace {
				out = append(out, fail("namespaces", fmt.Sprintf("%s does not exist, which release %s goes to", ns, name),
					"createNamespace: true in devloop.yaml, or kubectl create namespace "+ns)...)
				break
			}
		}
	}
	return out
}
