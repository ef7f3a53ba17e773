package deploy

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	claimText = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: dev, uid: c}\nspec: {storageClassName: %s}\nstatus: {phase: %s}\n"
	userText  = "apiVersion: v1\nkind: Pod\nmetadata: {name: user, namespace: %s, uid: u}\nspec: {volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}\nstatus: {phase: %s}\n"
	eventText = "apiVersion: v1\nkind: Event\nmetadata: {name: %s, namespace: dev}\ninvolvedObject: {uid: %s, fieldPath: \"%s\"}\nreason: %s\nmessage: \"%s\"\nlastTimestamp: \"%s\"\n"
)

var claimResource = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}

func TestClaimsThatWaitForAPod(t *testing.T) {
	track := func() *tracker {
		tr := newTracker([]Object{{"v1", "PersistentVolumeClaim", "dev", "data", "templates/data.yaml"}}, time.Second, judge)
		tr.bindsLate = map[string]bool{"late": true, "early": false}
		return tr
	}
	for class, want := range map[string]bool{"late": true, "early": false, "unknown": false} {
		tr := track()
		tr.see(seen(t, claimResource, claimText, class, "Pending"))
		if tr.done() != want {
			t.Errorf("class %s without a pod: done is %v", class, tr.done())
		}
	}
	tr := track()
	steps := []struct {
		what string
		see  change
		done bool
	}{
		{"a claim alone", seen(t, claimResource, claimText, "late", "Pending"), true},
		{"a pod of that name elsewhere", seen(t, podResource, userText, "other", "Pending"), true},
		{"a pod that uses it", seen(t, podResource, userText, "dev", "Pending"), false},
		{"bound for it", seen(t, claimResource, claimText, "late", "Bound"), true},
		{"pending again", seen(t, claimResource, claimText, "late", "Pending"), false},
		{"its pod is over", seen(t, podResource, userText, "dev", "Succeeded"), true},
	}
	for _, s := range steps {
		if tr.see(s.see); tr.done() != s.done {
			t.Errorf("%s: done is %v: %s", s.what, tr.done(), tr.targets[0].message)
		}
	}
	tr.see(seen(t, claimResource, claimText, "late", "Lost"))
	if f, _ := tr.failures(time.Now()); len(f) != 1 || f[0].Reason != "Lost" {
		t.Errorf("a lost claim: %v", f)
	}
}

const setOfThree = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: dev, uid: s, generation: 1}
spec: {replicas: 3}
status: {observedGeneration: 1, replicas: %d, readyReplicas: %d, updateRevision: r}
`

// An event outlives its cause: it counts only while pods are missing and no other
// one is waited for first.
func TestRefusalsCountWhilePodsAreMissing(t *testing.T) {
	sets := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}
	tr := newTracker([]Object{{"apps/v1", "StatefulSet", "dev", "db", "templates/db.yaml"}}, 0, judge)
	// The event may be seen before the object is.
	tr.see(seen(t, eventResource, eventText, "one", "s", "", "FailedCreate", "exceeded quota", "2026-01-01T00:00:00Z"))
	tr.see(seen(t, sets, setOfThree, 0, 0))
	if f, _ := tr.failures(time.Now()); len(f) != 1 || f[0].Reason != "FailedCreate" || f[0].Message != "exceeded quota" || f[0].Template != "templates/db.yaml" {
		t.Fatalf("no pod at all: %v", f)
	}
	if m := tr.status("db", "dev").Objects[0].Message; m != "FailedCreate: exceeded quota" {
		t.Errorf("progress says %q", m)
	}
	tr.see(seen(t, sets, setOfThree, 1, 0))
	tr.see(seen(t, podResource, `
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: dev, uid: p, labels: {controller-revision-hash: r}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: s, controller: true}]}
status: {phase: Pending, conditions: [{type: Ready, status: "False"}]}
`))
	if f, _ := tr.failures(time.Now()); len(f) > 0 {
		t.Errorf("while the first pod starts: %v", f[0])
	}
	tr.see(seen(t, sets, setOfThree, 3, 2))
	if f, _ := tr.failures(time.Now()); len(f) > 0 {
		t.Errorf("with all pods there: %v", f[0])
	}
}

func TestComplaints(t *testing.T) {
	var cs complaints
	add := func(reason, field, message, at string) {
		_, c := complaintOf(seen(t, eventResource, eventText, "e", "p", field, reason, message, at).object)
		cs = cs.with(c)
	}
	const main = "spec.containers{main}"
	add("Unhealthy", main, "Liveness probe failed: 500", "2026-01-01T00:00:05Z")
	add("Unhealthy", main, "Readiness probe failed: 503", "2026-01-01T00:00:09Z")
	add("Unhealthy", main, "Readiness probe failed: connection refused", "2026-01-01T00:00:01Z") // listed late
	add("Unhealthy", "spec.initContainers{side}", "Startup probe failed: 404", "2026-01-01T00:00:20Z")
	add("FailedMount", "", "secret not found", "2026-01-01T00:00:00Z")
	if c := cs.probe("main"); c == nil || c.message != "Readiness probe failed: 503" {
		t.Errorf("the newest answer: %+v", c)
	}
	if c := cs.killer("main"); c == nil || c.message != "Liveness probe failed: 500" {
		t.Errorf("what kills it: %+v", c)
	}
	if c := cs.killer("side"); c == nil || !strings.HasPrefix(c.message, "Startup") {
		t.Errorf("what kills the other: %+v", c)
	}
	if c := cs.blocker(); c == nil || c.reason != "FailedMount" {
		t.Errorf("what blocks: %+v", c)
	}
	if c := complaints(nil).probe("main"); c != nil {
		t.Errorf("out of nothing: %+v", c)
	}
}
