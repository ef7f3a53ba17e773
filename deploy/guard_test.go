package deploy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	objects, err := parseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects[0]
}

const (
	wantedWeb = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, annotations: {a.b/c: x}}, spec: {replicas: 1, template: {spec: {containers: [{name: main, image: a}, {name: side, image: s}]}}}}`
	foundWeb  = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, annotations: {a.b/c: w, mine: z}}, spec: {replicas: 5, paused: true, template: {spec: {containers: [{name: injected, image: i}, {name: main, image: b}]}}}}`
	afterWeb  = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, annotations: {a.b/c: x, mine: z, controllers: own}}, spec: {replicas: 1, paused: true, template: {spec: {containers: [{name: main, image: a}, {name: side, image: s, stdin: false}, {name: injected, image: i}]}}}}`
)

func TestRestoredFieldsInWords(t *testing.T) {
	changes := restored(object(t, foundWeb), object(t, afterWeb), object(t, wantedWeb))
	want := []string{
		`metadata.annotations["a.b/c"] x -> w`,
		`spec.replicas 1 -> 5`,
		`spec.template.spec.containers[main].image a -> b`,
		`spec.template.spec.containers[side] {"image":"s","name":"side","stdin":fa... -> gone`,
	}
	if diff := cmp.Diff(want, inFields(Object{Kind: "Deployment"}, changes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A field that is ceded is no longer different; the others still are.
func TestCededFieldsAreLeftAlone(t *testing.T) {
	wanted, found := object(t, wantedWeb), object(t, foundWeb)
	left := any(wanted.Object)
	for _, c := range restored(found, object(t, afterWeb), wanted) {
		left = ceded(left, found.Object, c.Path)
	}
	if !within(left.(map[string]any)["metadata"], found.Object["metadata"]) {
		t.Errorf("the annotation still differs: %v", left)
	}
	containers, _, _ := unstructured.NestedSlice(left.(map[string]any), "spec", "template", "spec", "containers")
	if want := []any{map[string]any{"name": "main", "image": "b"}}; !cmp.Equal(want, containers) {
		t.Errorf("containers are %v", containers)
	}
	if diff := cmp.Diff(object(t, wantedWeb), wanted); diff != "" {
		t.Errorf("what is wanted was written to:\n%s", diff)
	}
	if got := ceded(wanted.Object, found.Object, diff.Path{{Key: "spec"}, {Key: "paused"}}); !cmp.Equal(got, any(wanted.Object)) {
		t.Errorf("a field that is not wanted was taken over: %v", got)
	}
}

func TestFightIsLostAfterThreeRoundsInAMinute(t *testing.T) {
	w, other := &ward{}, &ward{}
	start := time.Now()
	var f fights
	for i := range 3 {
		if f.lost(w, "spec.replicas", start) {
			t.Fatalf("lost after %d rounds", i)
		}
		f.note(w, "spec.replicas", start.Add(time.Duration(i)*20*time.Second))
	}
	soon, later := start.Add(59*time.Second), start.Add(61*time.Second)
	if !f.lost(w, "spec.replicas", soon) || !f.any(w, soon) {
		t.Error("not lost after three rounds in a minute")
	}
	if f.lost(w, "spec.paused", soon) || f.lost(other, "spec.replicas", soon) || f.any(other, soon) {
		t.Error("another field or object is taken for lost")
	}
	if f.lost(w, "spec.replicas", later) || f.any(w, later) {
		t.Error("a round of more than a minute ago still counts")
	}
}

// The same patch against another value is another one: the first one may have
// been of no effect.
func TestPatchDigest(t *testing.T) {
	patch := []byte(`{"spec":{"cpu":"1000m","$setElementOrder/list":[{"name":"a"}],"list":[{"name":"a"}]}}`)
	sum := func(live string) string {
		s, err := patchDigest(patch, object(t, live))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same := sum(`{apiVersion: v1, kind: A, spec: {cpu: "1", list: [{name: a, x: 1}]}}`)
	if sum(`{apiVersion: v1, kind: A, spec: {cpu: "1", list: [{name: a, x: 1}], other: 1}, status: {x: 1}}`) != same {
		t.Error("a field that the patch does not touch counts")
	}
	for _, live := range []string{
		`{apiVersion: v1, kind: A, spec: {cpu: "2", list: [{name: a, x: 1}]}}`,
		`{apiVersion: v1, kind: A, spec: {cpu: "1", list: [{name: a, x: 2}]}}`,
	} {
		if sum(live) == same {
			t.Errorf("%s counts as the same", live)
		}
	}
}

func TestWriterIsTheLastToOwnTheField(t *testing.T) {
	live := object(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, managedFields: [
  {manager: devloop, operation: Update, time: "2026-01-01T10:00:04Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:replicas": {}}}},
  {manager: first, operation: Update, time: "2026-01-01T10:00:01Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:replicas": {}}}},
  {manager: second, operation: Apply, time: "2026-01-01T10:00:02Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {"f:image": {}}}}}}}},
  {manager: controller, operation: Update, subresource: status, time: "2026-01-01T10:00:09Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:replicas": {}}}},
  {manager: last, operation: Update, time: "2026-01-01T10:00:03Z", fieldsType: FieldsV1, fieldsV1: {"f:metadata": {"f:labels": {}}}}]}}`)
	at := func(s string) string {
		tm, err := time.Parse(time.TimeOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 1, 1, tm.Hour(), tm.Minute(), tm.Second(), 0, time.UTC).Local().Format(time.TimeOnly)
	}
	image := diff.Path{{Key: "spec"}, {Key: "template"}, {Key: "spec"}, {Key: "containers"}, {Key: "name", Name: "main", List: true}, {Key: "image"}}
	for want, path := range map[string]diff.Path{
		"second (Apply, " + at("10:00:02") + ")": image,
		"last (Update, " + at("10:00:03") + ")":  {{Key: "data"}, {Key: "gone"}}, // nobody's: the last of all
	} {
		if got := writer(live, []diff.Change{{Path: path}}); got != want {
			t.Errorf("%s was written by %q, want %q", path, got, want)
		}
	}
}

func TestQueueHoldsBackUntilDue(t *testing.T) {
	q, now := newQueue(), time.Now()
	first, second, late := &ward{order: 1}, &ward{order: 2}, &ward{order: 3}
	q.add(late, now.Add(time.Hour))
	q.add(second, now)
	q.add(first, now.Add(time.Hour))
	q.add(first, now) // sooner after all
	due, err := q.take(t.Context())
	if err != nil || len(due) != 2 || due[0] != first || due[1] != second {
		t.Fatalf("due %v, %v", due, err)
	}
	q.add(late, now.Add(20*time.Millisecond))
	if due, err = q.take(t.Context()); err != nil || len(due) != 1 || due[0] != late || time.Since(now) < 20*time.Millisecond {
		t.Errorf("due %v after %s, %v", due, time.Since(now), err)
	}
}
