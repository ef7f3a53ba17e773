//go:build e2e || sandbox

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// api is the test's own way to the cluster.
func api(t *testing.T) kubernetes.Interface {
	t.Helper()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func removeNamespace(t *testing.T, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	now := int64(0)
	client := api(t)
	if pods := client.CoreV1().Pods(name); pods != nil {
		_ = pods.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
	}
	err := client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Errorf("remove namespace %s: %v", name, err)
	}
}

// get asks a service over HTTP, through the API server, so that it works on
// every local cluster.
func (p *project) get(service, path string) (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	body, err := api(p.t).CoreV1().Services(p.namespace).ProxyGet("http", service, "8080", path, nil).DoRaw(ctx)
	return string(body), err
}

// answers waits until the service's answer holds the words.
func (p *project) answers(service, path, words string) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("http answer of %s%s with %q", service, path, words), func() error {
		body, err := p.get(service, path)
		if err == nil && !strings.Contains(body, words) {
			err = fmt.Errorf("it says %.300q", body)
		}
		return err
	})
}

func (p *project) deployment(name string) *appsv1.Deployment {
	p.t.Helper()
	d, err := api(p.t).AppsV1().Deployments(p.namespace).Get(p.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

// image is the reference in a deployment's first container.
func (p *project) image(deployment string) string {
	p.t.Helper()
	return p.deployment(deployment).Spec.Template.Spec.Containers[0].Image
}

// pods are the UIDs of the pods with the label that are not being ended, sorted.
func (p *project) pods(label string) []string {
	p.t.Helper()
	list, err := api(p.t).CoreV1().Pods(p.namespace).List(p.t.Context(), metav1.ListOptions{LabelSelector: label})
	if err != nil {
		p.t.Fatal(err)
	}
	uids := map[string]bool{}
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			uids[string(pod.UID)] = true
		}
	}
	return slices.Sorted(maps.Keys(uids))
}

// revision is that of the newest Helm release record, 0 without one.
func (p *project) revision(release string) int {
	p.t.Helper()
	list, err := api(p.t).CoreV1().Secrets(p.namespace).List(p.t.Context(), metav1.ListOptions{LabelSelector: "owner=helm,name=" + release})
	if err != nil {
		p.t.Fatal(err)
	}
	newest := 0
	for _, s := range list.Items {
		n, err := strconv.Atoi(s.Labels["version"])
		if err != nil {
			p.t.Fatalf("release record %s: %v", s.Name, err)
		}
		newest = max(newest, n)
	}
	return newest
}

// versions are the resourceVersions of what the release wrote: any write to one
// of them changes this.
func (p *project) versions() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	deployments, err := api(p.t).AppsV1().Deployments(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, d := range deployments.Items {
		all["deployment "+d.Name] = d.ResourceVersion
	}
	services, err := api(p.t).CoreV1().Services(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range services.Items {
		all["service "+s.Name] = s.ResourceVersion
	}
	secrets, err := api(p.t).CoreV1().Secrets(p.namespace).List(p.t.Context(), metav1.ListOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range secrets.Items {
		all["secret "+s.Name] = s.ResourceVersion
	}
	return all
}
