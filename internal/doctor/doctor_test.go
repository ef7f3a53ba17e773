package doctor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authzv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/kube"
)

// levels are findings as "level: text", for comparison by their beginning.
func expect(t *testing.T, got []Finding, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d findings, want %d: %+v", len(got), len(want), got)
	}
	for i, f := range got {
		level, words, _ := strings.Cut(want[i], ": ")
		if string(f.Level) != level || !strings.Contains(f.Text+" -> "+f.Fix, words) {
			t.Errorf("%+v, want %s with %q", f, level, words)
		}
		if f.Level != OK && f.Fix == "" {
			t.Errorf("%+v does not say what to do", f)
		}
	}
}

func TestWatches(t *testing.T) {
	w := watches{most: 1000, used: 100, instances: 128, usedInstance: 3, command: "raise to %d", instanceCmd: "instances to %d"}
	expect(t, watchFindings(w, 50), "ok: 100 of 1000 watches in use, the project takes 50")
	expect(t, watchFindings(w, 901), "warn: raise to 524288")
	w.used = 950
	expect(t, watchFindings(w, 10), "warn: nearly all")
	w.used, w.most, w.usedInstance = 0, 600000, 128
	expect(t, watchFindings(w, 10), "ok: 600000", "warn: instances to 512")
}

func TestDisk(t *testing.T) {
	expect(t, diskFinding("d", 20<<30), "ok: d has 20.0 GiB free")
	expect(t, diskFinding("d", 3<<30), "warn: docker system prune")
	expect(t, diskFinding("d", 100<<20), "fail: 0.1 GiB")
	if free, err := freeBytes(t.TempDir()); err != nil || free == 0 {
		t.Errorf("free bytes here: %d, %v", free, err)
	}
}

func TestFoldersAreThoseThatAreWatched(t *testing.T) {
	p, err := config.Load("../../examples/sms-checker/devloop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// The project, its chart with templates and tests, values, and the two contexts.
	if n := folders(p); n < 10 || n > 60 {
		t.Errorf("%d folders", n)
	}
}

// cluster is a fakeCluster: an API server that knows these objects.
func fakeCluster(objects ...runtime.Object) *reached {
	return &reached{Context: &kube.Context{Name: "kind-dev", Namespace: "dev", Server: "https://127.0.0.1:1", Config: &rest.Config{}}, client: fake.NewClientset(objects...)}
}

func record(name string, revision, status string, age time.Duration, now time.Time) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Name: "sh.helm.release.v1." + name + ".v" + revision, Namespace: "dev", CreationTimestamp: metav1.NewTime(now.Add(-age)),
		Labels: map[string]string{"owner": "helm", "name": name, "version": revision, "status": status},
	}}
}

func TestStuckReleases(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := examination{Options: Options{Now: func() time.Time { return now }, Project: &config.Project{Releases: map[string]config.Release{"ours": {Chart: "c"}}}}}
	e.reached = fakeCluster(
		record("fine", "9", "superseded", time.Hour, now), record("fine", "10", "deployed", time.Hour, now),
		record("over", "1", "pending-install", time.Hour, now), record("over", "2", "deployed", time.Minute, now),
	)
	expect(t, e.releases(t.Context()), "ok: none is stuck")
	e.reached = fakeCluster(record("ours", "3", "pending-upgrade", 90*time.Second, now))
	expect(t, e.releases(t.Context()), "warn: dev/ours revision 3 is pending-upgrade for 1m30s -> the next devloop up repairs it")
	e.reached = fakeCluster(record("theirs", "2", "pending-rollback", time.Hour, now))
	expect(t, e.releases(t.Context()), "warn: helm rollback theirs --namespace dev")
}

func TestNodesThatAreNotWell(t *testing.T) {
	node := func(name string, conditions ...corev1.NodeCondition) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Conditions: conditions}}
	}
	expect(t, unhealthy([]corev1.Node{
		node("good", corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue}, corev1.NodeCondition{Type: corev1.NodeDiskPressure, Status: corev1.ConditionFalse}),
		node("full", corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue}, corev1.NodeCondition{Type: corev1.NodeDiskPressure, Status: corev1.ConditionTrue, Message: "disk full"}),
		node("gone", corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, Message: "stopped posting"}),
	}), "fail: node full is DiskPressure: disk full", "fail: node gone is not ready: stopped posting")
}

func TestPermissionsThatAreMissing(t *testing.T) {
	e := examination{reached: fakeCluster()}
	client := e.reached.client.(*fake.Clientset)
	client.PrependReactor("create", "selfsubjectaccessreviews", func(a clienttesting.Action) (bool, runtime.Object, error) {
		review := a.(clienttesting.CreateAction).GetObject().(*authzv1.SelfSubjectAccessReview)
		r := review.Spec.ResourceAttributes
		review.Status.Allowed = !(r.Resource == "secrets" && r.Verb == "create") && r.Resource != "nodes"
		return true, review, nil
	})
	expect(t, e.permissions(t.Context()), "fail: in the whole cluster: list nodes", "fail: in namespace dev: create secrets -> have somebody who may: kubectl create rolebinding")
}

func TestNamespacesThatAreMissing(t *testing.T) {
	e := examination{reached: fakeCluster(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}), Options: Options{Project: &config.Project{Releases: map[string]config.Release{
		"here": {Chart: "c"}, "gone": {Chart: "c", Namespace: "gone"}, "made": {Chart: "c", Namespace: "made", CreateNamespace: true},
	}}}}
	expect(t, e.namespaces(t.Context()), "fail: gone does not exist, which release gone goes to -> createNamespace: true")
}

func TestClocks(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	date := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", date) }))
	defer server.Close()
	e := examination{reached: fakeCluster(), Options: Options{Now: func() time.Time { return now }}}
	e.reached.Config.Host = server.URL
	for off, want := range map[time.Duration]string{
		0: "ok: same within", -2 * time.Second: "ok: same", -2 * time.Minute: "warn: is 2m0s behind", 40 * time.Second: "warn: is 41s ahead of",
	} {
		date = now.Add(off).Format(http.TimeFormat)
		expect(t, e.clock(t.Context()), want)
	}
	date = "yesterday"
	expect(t, e.clock(t.Context()), "warn: does not tell its time")
}

func TestWithoutDockerAndCluster(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	found := Run(context.Background(), Options{Kubeconfig: filepath.Join(t.TempDir(), "none")})
	levels := map[string]Level{}
	for _, f := range found {
		levels[f.Check] = f.Level
	}
	if levels["docker"] != Fail || levels["cluster"] != Fail || levels["permissions"] != "" || levels["disk"] == "" {
		t.Errorf("%+v", found)
	}
	found = Run(context.Background(), Options{Kubeconfig: filepath.Join(t.TempDir(), "none"), Project: &config.Project{Dir: t.TempDir()}})
	if found[0].Check != "docker" || found[0].Level != Warn {
		t.Errorf("a project without images: %+v, want docker to be a warning", found[0])
	}
}
