//go:build sandbox

package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authnv1 "k8s.io/api/authentication/v1"
	authzv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/devloop-dev/devloop/internal/config"
)

// limited is a user of the real cluster who may do this much in a namespace of its
// own, as a kubeconfig.
func limited(t *testing.T, rules ...rbacv1.PolicyRule) (client kubernetes.Interface, namespace, kubeconfig string) {
	t.Helper()
	base, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("KUBECONFIG must name the sandbox cluster: %v", err)
	}
	client, err = kubernetes.NewForConfig(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	ns, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "devloop-doctor-test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	namespace = ns.Name
	t.Cleanup(func() {
		if err := client.CoreV1().Namespaces().Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		if err := client.RbacV1().ClusterRoleBindings().Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
		if err := client.RbacV1().ClusterRoles().Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	meta := metav1.ObjectMeta{Name: namespace}
	if _, err := client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "user"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: meta,
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: namespace},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "user", Namespace: namespace}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitRule(t, client, "system:serviceaccount:"+namespace+":user", rules[len(rules)-1])
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, "user", &authnv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig = filepath.Join(t.TempDir(), "config")
	c := api.NewConfig()
	c.Clusters["c"] = &api.Cluster{Server: base.Host, CertificateAuthorityData: base.CAData, CertificateAuthority: base.CAFile}
	c.AuthInfos["u"] = &api.AuthInfo{Token: token.Status.Token}
	c.Contexts["sandbox"] = &api.Context{Cluster: "c", AuthInfo: "u", Namespace: namespace}
	c.CurrentContext = "sandbox"
	if err := clientcmd.WriteToFile(*c, kubeconfig); err != nil {
		t.Fatal(err)
	}
	return client, namespace, kubeconfig
}

// awaitRule waits until the API server goes by a rule.
func awaitRule(t *testing.T, client kubernetes.Interface, user string, rule rbacv1.PolicyRule) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		review, err := client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authzv1.SubjectAccessReview{
			Spec: authzv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authzv1.ResourceAttributes{
				Group: rule.APIGroups[0], Resource: rule.Resources[0], Verb: rule.Verbs[0]}}}, metav1.CreateOptions{})
		switch {
		case err != nil:
			t.Fatal(err)
		case review.Status.Allowed:
			return
		case time.Now().After(end):
			t.Fatalf("%s still may not %s %s", user, rule.Verbs[0], rule.Resources[0])
		}
	}
}

// of are the findings of one check, a line each.
func of(found []Finding, check string) string {
	var lines []string
	for _, f := range found {
		if f.Check == check {
			lines = append(lines, fmt.Sprintf("%s %s -> %s", f.Level, f.Text, f.Fix))
		}
	}
	return strings.Join(lines, "\n")
}

func TestAUserWhoMayNotDoEverything(t *testing.T) {
	client, namespace, kubeconfig := limited(t,
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"nodes"}, Verbs: []string{"list"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}},
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods", "pods/log", "events", "services"}, Verbs: []string{"*"}},
	)
	p, err := config.Load("../../examples/hello/devloop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hello := p.Releases["hello"]
	hello.Namespace, hello.CreateNamespace = namespace, false
	p.Releases["hello"] = hello
	p.Releases["lost"] = config.Release{Chart: hello.Chart, Namespace: namespace + "-not-there", Images: hello.Images}

	if _, err := client.CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "sh.helm.release.v1.hello.v1",
		Labels: map[string]string{"owner": "helm", "name": "hello", "version": "1", "status": "pending-install"}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	found := Run(t.Context(), Options{Project: p, Kubeconfig: kubeconfig})
	permissions := of(found, "permissions")
	for _, want := range []string{"fail system:serviceaccount:" + namespace + ":user may not, in namespace " + namespace + ": ", "create deployments.apps", "create pods/portforward",
		"--user system:serviceaccount:" + namespace + ":user --namespace " + namespace} {
		if !strings.Contains(permissions, want) {
			t.Errorf("permissions do not say %q:\n%s", want, permissions)
		}
	}
	if strings.Contains(permissions, "secrets") || strings.Contains(permissions, "services") || strings.Contains(permissions, "nodes") {
		t.Errorf("what is allowed is told as missing:\n%s", permissions)
	}
	if releases := of(found, "releases"); !strings.Contains(releases, namespace+"/hello revision 1 is pending-install") {
		t.Errorf("releases: %s", releases)
	}
	if cluster := of(found, "cluster"); !strings.HasPrefix(cluster, "ok context sandbox") {
		t.Errorf("cluster: %s", cluster)
	}
	// This user may not look at namespaces; the sandbox's own may.
	if namespaces := of(Run(t.Context(), Options{Project: p}), "namespaces"); !strings.Contains(namespaces, namespace+"-not-there does not exist, which release lost goes to") {
		t.Errorf("namespaces: %s", namespaces)
	}
}

func TestAUserWithoutNodes(t *testing.T) {
	_, _, kubeconfig := limited(t, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}})
	found := Run(t.Context(), Options{Kubeconfig: kubeconfig})
	if cluster := of(found, "cluster"); !strings.Contains(cluster, "fail") || !strings.Contains(cluster, "nodes") {
		t.Errorf("cluster: %s", cluster)
	}
}
