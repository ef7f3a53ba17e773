//go:build sandbox

package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// sandbox is a Cluster on the real cluster KUBECONFIG names, with a namespace
// of the test's own.
type sandbox struct {
	*Cluster
	kube      kubernetes.Interface
	namespace string
}

func newSandbox(t testing.TB) *sandbox {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("KUBECONFIG must name the sandbox cluster: %v", err)
	}
	c, err := New(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := importImage(); err != nil {
		t.Fatal(err)
	}
	ns, err := c.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "deploy-test-"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.client.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return &sandbox{Cluster: c, kube: c.client, namespace: ns.Name}
}

// release is a chart of these files, named after the test's namespace.
func (s *sandbox) release(t testing.TB, content map[string]string) Release {
	t.Helper()
	all := map[string]string{"chart/Chart.yaml": chartYAML}
	for name, text := range content {
		all["chart/"+name] = text
	}
	return Release{Name: "web", Namespace: s.namespace, Chart: filepath.Join(filetest.Lay(t, all), "chart")}
}

func (s *sandbox) apply(t testing.TB, rel Release) Result {
	t.Helper()
	res, err := s.Apply(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// wait is Wait with a time limit.
func (s *sandbox) wait(t *testing.T, res Result) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last Status
	err := s.Wait(ctx, res, func(st Status) { last = st })
	if err == nil && last.Ready != last.Total {
		t.Errorf("Wait is done, its last status is %+v", last)
	}
	return err
}

// helm is the plain SDK, set up as the helm command does it.
func (s *sandbox) helm(t *testing.T) *action.Configuration {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	path := os.Getenv("KUBECONFIG")
	flags.KubeConfig, flags.Namespace = &path, &s.namespace
	cfg := new(action.Configuration)
	if err := cfg.Init(flags, s.namespace, "secrets", func(string, ...any) {}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// versions maps each object of the namespace that the release made, and its
// records, to the resource version.
func (s *sandbox) versions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	cms, err := s.kube.CoreV1().ConfigMaps(s.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=Helm"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range cms.Items {
		out["ConfigMap/"+o.Name] = o.ResourceVersion
	}
	secrets, err := s.kube.CoreV1().Secrets(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range secrets.Items {
		out["Secret/"+o.Name] = o.ResourceVersion
	}
	deployments, err := s.kube.AppsV1().Deployments(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range deployments.Items {
		out["Deployment/"+o.Name] = fmt.Sprint(o.Generation)
	}
	return out
}
