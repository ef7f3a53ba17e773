package deploy

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// seen is a change as a watch would send it.
func seen(t *testing.T, resource schema.GroupVersionResource, text string, args ...any) change {
	t.Helper()
	u := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(fmt.Sprintf(text, args...)))
	if err != nil {
		t.Fatal(err)
	}
	if err := u.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return change{resource: resource, object: u}
}

var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

const (
	deploymentText = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: dev, uid: d, generation: %d, annotations: {deployment.kubernetes.io/revision: "%d"}}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status: {observedGeneration: %d, replicas: 1, updatedReplicas: %d, readyReplicas: %d, availableReplicas: %d,
  conditions: [{type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}
`
	setText = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-%[1]d, namespace: dev, uid: rs%[1]d, annotations: {deployment.kubernetes.io/revision: "%[1]d"},
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d, controller: true}]}
`
	podText = `
apiVersion: v1
kind: Pod
metadata: {name: web-%[1]d-x, namespace: dev, uid: p%[1]d,
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-%[1]d, uid: rs%[1]d, controller: true}]}
spec: {containers: [{name: main, image: x}]}
status: {phase: Pending, containerStatuses: [{name: main, restartCount: 1, state: {waiting: {reason: %[2]s, message: said}}}]}
`
)

func webTracker() *tracker {
	return newTracker([]Object{{"apps/v1", "Deployment", "dev", "web", "templates/web.yaml"}}, time.Second, judge)
}

func TestPodsOfAnOlderRevisionDoNotFailARollout(t *testing.T) {
	tr := webTracker()
	tr.see(seen(t, setResource, setText, 1))
	tr.see(seen(t, podResource, podText, 1, "CrashLoopBackOff"))
	// The new template is written, its controller has not seen it yet.
	tr.see(seen(t, deployments, deploymentText, 2, 1, 1, 1, 0, 0))
	if f, _ := tr.failures(time.Now()); len(f) > 0 {
		t.Fatalf("failures before the controller has seen the change: %v", f[0])
	}
	tr.see(seen(t, deployments, deploymentText, 2, 2, 2, 0, 0, 0))
	tr.see(seen(t, setResource, setText, 2))
	if f, _ := tr.failures(time.Now()); len(f) > 0 {
		t.Fatalf("failure of an old pod: %v", f[0])
	}
	tr.see(seen(t, podResource, podText, 2, "ContainerCreating"))
	if f, _ := tr.failures(time.Now()); len(f) > 0 {
		t.Fatalf("failures of a pod that starts: %v", f[0])
	}
	tr.see(seen(t, podResource, podText, 2, "ErrImagePull"))
	f, _ := tr.failures(time.Now())
	if len(f) != 1 || f[0].Pod != "web-2-x" || f[0].Reason != "ErrImagePull" || f[0].Message != "said" || f[0].Template != "templates/web.yaml" {
		t.Fatalf("failures = %+v", f)
	}
}

func TestReadyWhenObservedAndAvailable(t *testing.T) {
	tr := webTracker()
	if tr.done() {
		t.Fatal("done before anything was seen")
	}
	for _, step := range []struct {
		args []any
		done bool
	}{
		{[]any{2, 1, 1, 1, 1, 1}, false}, // the old generation's status
		{[]any{2, 2, 2, 1, 0, 0}, false},
		{[]any{2, 2, 2, 1, 1, 1}, true},
	} {
		tr.see(seen(t, deployments, deploymentText, step.args...))
		if tr.done() != step.done {
			t.Errorf("after %v done is %v: %s", step.args, tr.done(), tr.targets[0].message)
		}
	}
	st := tr.status("web", "dev")
	if st.Ready != 1 || st.Total != 1 || st.Objects[0].Have != 1 || st.Objects[0].Want != 1 {
		t.Errorf("status = %+v", st)
	}
	gone := seen(t, deployments, deploymentText, 2, 2, 2, 1, 1, 1)
	gone.gone = true
	if tr.see(gone); tr.done() {
		t.Error("done though the deployment was deleted")
	}
}

func TestPatience(t *testing.T) {
	tr := webTracker()
	tr.see(seen(t, deployments, deploymentText, 1, 1, 1, 0, 0, 0))
	tr.see(seen(t, setResource, setText, 1))
	pod := seen(t, podResource, podText, 1, "x")
	unschedulable := map[string]any{"phase": "Pending", "conditions": []any{
		map[string]any{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}}}
	pod.object.Object["status"] = unschedulable
	tr.see(pod)
	start := time.Now()
	f, again := tr.failures(start)
	if len(f) > 0 || !again.Equal(start.Add(time.Second)) {
		t.Fatalf("at once: %v, again at %s", f, again.Sub(start))
	}
	if f, _ = tr.failures(start.Add(999 * time.Millisecond)); len(f) > 0 {
		t.Fatalf("too early: %v", f)
	}
	if f, _ = tr.failures(start.Add(time.Second)); len(f) != 1 || f[0].Reason != "Unschedulable" {
		t.Fatalf("when it has lasted: %v", f)
	}
	// It was scheduled and is unschedulable once more: the patience is new.
	pod.object.Object["status"] = map[string]any{"phase": "Pending"}
	tr.see(pod)
	tr.failures(start.Add(2 * time.Second))
	pod.object.Object["status"] = unschedulable
	tr.see(pod)
	if f, _ = tr.failures(start.Add(3 * time.Second)); len(f) > 0 {
		t.Fatalf("after it had passed: %v", f)
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name, text            string
		ready, failed, refuse bool
	}{
		{"job that runs", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nstatus: {active: 1, startTime: \"2024-01-01T00:00:00Z\"}", false, false, false},
		{"job that is complete", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nstatus: {succeeded: 1, conditions: [{type: Complete, status: \"True\"}]}", true, false, false},
		{"job that failed", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nstatus: {conditions: [{type: Failed, status: \"True\", reason: BackoffLimitExceeded}]}", false, true, false},
		{"paused deployment", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {paused: true}", true, false, false},
		{"deployment over a quota", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\nstatus: {conditions: [{type: ReplicaFailure, status: \"True\", reason: FailedCreate, message: exceeded quota}]}", false, false, true},
		{"deployment past its deadline", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\nstatus: {conditions: [{type: Progressing, status: \"False\", reason: ProgressDeadlineExceeded}]}", false, true, false},
		{"custom resource that is ready", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, generation: 2}\nstatus: {observedGeneration: 2, conditions: [{type: Ready, status: \"True\"}]}", true, false, false},
		{"custom resource that is behind", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, generation: 2}\nstatus: {observedGeneration: 1, conditions: [{type: Ready, status: \"True\"}]}", false, false, false},
		{"custom resource that stalls", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, generation: 2}\nstatus: {observedGeneration: 2, conditions: [{type: Stalled, status: \"True\", reason: Bad}]}", false, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := judge(seen(t, schema.GroupVersionResource{}, "%s", tt.text).object)
			if j.ready != tt.ready || j.failed != tt.failed || j.refused != tt.refuse {
				t.Errorf("judged %+v", j)
			}
		})
	}
}

func TestPodsAreThoseThatStay(t *testing.T) {
	var objects []Object
	var changes []change
	for _, step := range []struct {
		text       string
		ready, all int
	}{
		// In an update there is one more than it wants.
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 3}, status: {readyReplicas: 4}}", 3, 3},
		{"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: b}, spec: {replicas: 2}, status: {readyReplicas: 1}}", 4, 5},
		{"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: c}, status: {desiredNumberScheduled: 2, numberReady: 2}}", 6, 7},
		{"{apiVersion: batch/v1, kind: Job, metadata: {name: d}, spec: {completions: 4}, status: {succeeded: 2}}", 6, 7},
		{"{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: e}, status: {phase: Pending}}", 6, 7},
		{"{apiVersion: v1, kind: Pod, metadata: {name: f}, status: {phase: Pending}}", 6, 8},
	} {
		ch := seen(t, schema.GroupVersionResource{}, "%s", step.text)
		changes = append(changes, ch)
		objects = append(objects, Object{APIVersion: ch.object.GetAPIVersion(), Kind: ch.object.GetKind(), Name: ch.object.GetName()})
		tr := newTracker(objects, time.Second, judge)
		for _, ch := range changes {
			tr.see(ch)
		}
		if st := tr.status("web", ""); st.PodsReady != step.ready || st.Pods != step.all {
			t.Errorf("with the %s %d of %d pods are ready, want %d of %d", ch.object.GetKind(), st.PodsReady, st.Pods, step.ready, step.all)
		}
	}
}
