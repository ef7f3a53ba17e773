//go:build sandbox

package deploy

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// withinDrift is how long a correction may take.
const withinDrift = 2 * time.Second

// guarding is a Guard that runs beside a test.
type guarding struct {
	told chan Drift
	end  context.CancelFunc
	err  chan error
}

func (s *sandbox) guard(t *testing.T, res Result, mode DriftMode) *guarding {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g := &guarding{told: make(chan Drift, 100), end: cancel, err: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.err <- s.Guard(ctx, res, mode, func(d Drift) { g.told <- d })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return g
}

// next is the next finding, which must come soon.
func (g *guarding) next(t *testing.T) Drift {
	t.Helper()
	select {
	case d := <-g.told:
		return d
	case err := <-g.err:
		t.Fatalf("Guard ended: %v", err)
	case <-time.After(withinDrift):
		t.Fatalf("nothing told within %s", withinDrift)
	}
	return Drift{}
}

// quiet fails if anything is told for a while.
func (g *guarding) quiet(t *testing.T, why string) {
	t.Helper()
	select {
	case d := <-g.told:
		t.Errorf("%s: told %s", why, d)
	case <-time.After(700 * time.Millisecond):
	}
}

// settled puts an object under the guard back and forth, so that what it saw
// before is known to be worked on.
func (g *guarding) settled(t *testing.T, s *sandbox) {
	t.Helper()
	s.edit(t, cmResource, "config", `{"data":{"who":"probe"}}`)
	if d := g.next(t); !d.Corrected || d.Object.Name != "config" {
		t.Fatalf("the probe gave %s", d)
	}
}

var (
	cmResource  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	secResource = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	svcResource = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	depResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

// edit is somebody's merge patch.
func (s *sandbox) edit(t *testing.T, gvr schema.GroupVersionResource, name, patch string) {
	t.Helper()
	_, err := s.dynamic.Resource(gvr).Namespace(s.namespace).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *sandbox) remove(t *testing.T, gvr schema.GroupVersionResource, name string) {
	t.Helper()
	if err := s.dynamic.Resource(gvr).Namespace(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// soon waits until a condition holds, and says how long that took.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	start := time.Now()
	for !holds() {
		if time.Since(start) > withinDrift {
			t.Fatalf("not within %s: %s", withinDrift, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("%s: after %s", what, time.Since(start).Round(time.Millisecond))
}

func (s *sandbox) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d, err := s.kube.AppsV1().Deployments(s.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// idle is small with no pods.
func (s *sandbox) idle(t *testing.T) Release {
	rel := s.release(t, small())
	rel.Set = map[string]any{"replicas": 0}
	return rel
}

func TestGuardPutsBack(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	before := s.versions(t)
	g := s.guard(t, res, DriftCorrect)
	g.settled(t, s)

	s.remove(t, cmResource, "config")
	soon(t, "a deleted config map is back", func() bool {
		cm, err := s.kube.CoreV1().ConfigMaps(s.namespace).Get(t.Context(), "config", metav1.GetOptions{})
		return err == nil && cm.Data["who"] == "world" && cm.Labels["app.kubernetes.io/managed-by"] == "Helm"
	})
	if d := g.next(t); !d.Gone || !d.Corrected || d.String() != "ConfigMap/config (templates/config.yaml): was deleted; put back" {
		t.Errorf("told %s", d)
	}

	s.edit(t, depResource, "web", `{"spec":{"replicas":1,"template":{"spec":{"terminationGracePeriodSeconds":2}}}}`)
	soon(t, "a scaled deployment is as it was", func() bool {
		spec := s.deployment(t).Spec
		return *spec.Replicas == 0 && *spec.Template.Spec.TerminationGracePeriodSeconds == 1
	})
	d := g.next(t)
	want := []string{"spec.replicas 0 -> 1", "spec.template.spec.terminationGracePeriodSeconds 1 -> 2"}
	if !slices.Equal(d.Fields, want) || !d.Corrected || !strings.HasPrefix(d.Manager, "somebody (Update, ") {
		t.Errorf("told %q by %q, corrected %v", d.Fields, d.Manager, d.Corrected)
	}

	s.edit(t, secResource, "secret", `{"data":{"key":"b3RoZXI="}}`)
	soon(t, "an edited secret is as it was", func() bool {
		o, err := s.kube.CoreV1().Secrets(s.namespace).Get(t.Context(), "secret", metav1.GetOptions{})
		return err == nil && string(o.Data["key"]) == "hidden"
	})
	if d := g.next(t); strings.Contains(d.String(), "b3RoZXI") || !slices.Equal(d.Fields, []string{"data.key (hidden) -> (hidden)"}) {
		t.Errorf("told %s", d)
	}

	for name := range before {
		if strings.Contains(name, "helm.release") && s.versions(t)[name] != before[name] {
			t.Errorf("a correction wrote the history: %s", name)
		}
	}
	if again := s.apply(t, s.idle(t)); again.Action != Upgraded && again.Revision != 1 {
		t.Errorf("afterwards %s, revision %d", again.Action, again.Revision)
	}
}

// What was there before Guard began is found, also on an unchanged release.
func TestGuardFindsOldDrift(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	s.apply(t, rel)
	s.edit(t, svcResource, "web", `{"spec":{"selector":{"app":"other"}}}`)
	res := s.apply(t, rel)
	if res.Action != Unchanged {
		t.Fatal(res.Action)
	}
	g := s.guard(t, res, DriftCorrect)
	if d := g.next(t); d.Object.Kind != "Service" || !d.Corrected || !slices.Equal(d.Fields, []string{"spec.selector.app web -> other"}) {
		t.Errorf("told %s", d)
	}
}

func TestGuardLeavesAloneWhatIsNoDrift(t *testing.T) {
	s := newSandbox(t)
	content := small()
	content["templates/forms.yaml"] = `apiVersion: apps/v1
kind: Deployment
metadata: {name: forms, creationTimestamp: null}
spec:
  replicas: 0
  selector: {matchLabels: {app: forms}}
  template:
    metadata: {labels: {app: forms}}
    spec: {containers: [{name: main, image: x, resources: {limits: {cpu: 1000m, memory: 0.5Gi}}, ports: [{containerPort: 80}]}]}
status: {replicas: 7}
---
apiVersion: batch/v1
kind: Job
metadata: {name: brief}
spec: {ttlSecondsAfterFinished: 0, suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: main, image: x}]}}}
`
	rel := s.release(t, content)
	rel.Set = map[string]any{"replicas": 0}
	res := s.apply(t, rel)
	generation := func() int64 {
		d, err := s.kube.AppsV1().Deployments(s.namespace).Get(t.Context(), "forms", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Generation
	}
	was := generation()
	g := s.guard(t, res, DriftCorrect)
	g.settled(t, s)
	s.edit(t, depResource, "forms", `{"metadata":{"annotations":{"mine":"1"}},"spec":{"template":{"spec":{"nodeSelector":{"a":"b"}}}}}`)
	s.edit(t, cmResource, "config", `{"data":{"more":"mine"}}`)
	s.remove(t, schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, "brief")
	g.quiet(t, "fields that the release does not set, and a job that may go")
	if now := generation(); now != was+1 {
		t.Errorf("the deployment was written %d times", now-was-1)
	}
	// What the server keeps in another form is still guarded.
	s.edit(t, depResource, "forms", `{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"x","resources":{"limits":{"cpu":"2","memory":"512Mi"}},"ports":[{"containerPort":80}]}]}}}}`)
	if d := g.next(t); !d.Corrected || !slices.Equal(d.Fields, []string{"spec.template.spec.containers[main].resources.limits.cpu 1 -> 2"}) {
		t.Errorf("told %s", d)
	}
}

func TestGuardLeavesReplicasToAnAutoscaler(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	hpas := s.kube.AutoscalingV2().HorizontalPodAutoscalers(s.namespace)
	_, err := hpas.Create(t.Context(), &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "scaler"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MinReplicas:    new(int32(2)), MaxReplicas: 2,
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.edit(t, depResource, "web", `{"spec":{"replicas":2}}`)
	g := s.guard(t, res, DriftCorrect)
	g.quiet(t, "replicas that an autoscaler owns, from the start")
	s.edit(t, depResource, "web", `{"spec":{"replicas":3,"template":{"spec":{"terminationGracePeriodSeconds":9}}}}`)
	if d := g.next(t); !slices.Equal(d.Fields, []string{"spec.template.spec.terminationGracePeriodSeconds 1 -> 9"}) {
		t.Errorf("told %s", d)
	}
	if n := *s.deployment(t).Spec.Replicas; n == 0 {
		t.Error("the autoscaler's replicas were put back")
	}
	if err := hpas.Delete(t.Context(), "scaler", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if d := g.next(t); len(d.Fields) != 1 || !strings.HasPrefix(d.Fields[0], "spec.replicas 0 -> ") {
		t.Errorf("without the autoscaler told %s", d)
	}
}

func TestGuardDoesNotFight(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	g := s.guard(t, res, DriftCorrect)
	for i := range fightRounds {
		s.edit(t, cmResource, "config", fmt.Sprintf(`{"data":{"who":"hand %d"}}`, i))
		if d := g.next(t); !d.Corrected || d.GaveUp {
			t.Fatalf("round %d: told %s", i, d)
		}
	}
	s.edit(t, cmResource, "config", `{"data":{"who":"stubborn"},"metadata":{"labels":{"app.kubernetes.io/managed-by":"me"}}}`)
	d := g.next(t)
	if !d.GaveUp || d.Corrected || !slices.Equal(d.Fields, []string{"data.who world -> stubborn"}) || !strings.HasPrefix(d.Manager, "somebody (Update, ") {
		t.Errorf("told %s", d)
	}
	if d := g.next(t); !d.Corrected || len(d.Fields) != 1 || !strings.HasPrefix(d.Fields[0], "metadata.labels") {
		t.Errorf("the other field: told %s", d)
	}
	s.edit(t, cmResource, "config", `{"data":{"who":"at last"}}`)
	g.quiet(t, "a field that was given up")
	if got := s.who(t); got != "at last" {
		t.Errorf("who is %q", got)
	}
	// Another guard begins anew.
	g.end()
	again := s.guard(t, res, DriftCorrect)
	if d := again.next(t); !d.Corrected {
		t.Errorf("another guard told %s", d)
	}
	for range fightRounds {
		s.remove(t, svcResource, "web")
		if d := again.next(t); !d.Gone || !d.Corrected {
			t.Fatalf("told %s", d)
		}
	}
	s.remove(t, svcResource, "web")
	if d := again.next(t); !d.Gone || !d.GaveUp || d.Corrected {
		t.Errorf("told %s", d)
	}
}

func TestGuardOnlyWarns(t *testing.T) {
	s := newSandbox(t)
	res := s.apply(t, s.idle(t))
	g := s.guard(t, res, DriftWarn)
	s.edit(t, cmResource, "config", `{"data":{"who":"hand"}}`)
	s.remove(t, svcResource, "web")
	before := s.versions(t)
	var told []string
	for range 2 {
		told = append(told, g.next(t).String())
	}
	slices.Sort(told)
	if told[1] != "Service/web (templates/service.yaml): was deleted" ||
		!strings.HasPrefix(told[0], "ConfigMap/config (templates/config.yaml): data.who world -> hand by somebody (Update, ") {
		t.Errorf("told %q", told)
	}
	s.edit(t, cmResource, "config", `{"metadata":{"annotations":{"x":"y"}}}`)
	g.quiet(t, "the same drift again")
	before["ConfigMap/config"] = s.versions(t)["ConfigMap/config"] // the annotation
	for name, version := range s.versions(t) {
		if before[name] != version {
			t.Errorf("%s was written", name)
		}
	}
	if _, err := s.kube.CoreV1().Services(s.namespace).Get(t.Context(), "web", metav1.GetOptions{}); err == nil {
		t.Error("the service was made again")
	}
}

// A custom resource is guarded by a patch that looks at the live object.
func TestGuardOfACustomResource(t *testing.T) {
	s := newSandbox(t)
	group := s.namespace + ".example.com"
	s.removeKind(t, group)
	rel := s.release(t, map[string]string{
		"crds/widget.yaml":      widgetKind(group),
		"templates/widget.yaml": "apiVersion: GROUP/v1\nkind: Widget\nmetadata: {name: one}\nspec: {size: 1, parts: [{id: a}]}\n",
	})
	rewrite(t, filepath.Join(rel.Chart, "templates/widget.yaml"), "GROUP", group)
	widgets := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}
	res := s.apply(t, rel)
	g := s.guard(t, res, DriftCorrect)
	s.edit(t, widgets, "one", `{"spec":{"size":5,"other":true,"parts":[{"id":"a","default":"x"}]}}`)
	if d := g.next(t); !d.Corrected || !slices.Equal(d.Fields, []string{"spec.size 1 -> 5"}) {
		t.Errorf("told %s", d)
	}
	g.quiet(t, "what the release does not set")
	u, err := s.dynamic.Resource(widgets).Namespace(s.namespace).Get(t.Context(), "one", metav1.GetOptions{})
	if err != nil || fmt.Sprint(u.Object["spec"]) != "map[other:true parts:[map[default:x id:a]] size:1]" {
		t.Errorf("spec is %v, %v", u.Object["spec"], err)
	}
}

// A guard that outlives its revision ends and writes nothing.
func TestGuardAndApplyAtOnce(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	g := s.guard(t, s.apply(t, rel), DriftCorrect)
	g.settled(t, s)
	for i := range 5 {
		rel.Set = map[string]any{"replicas": 0, "who": fmt.Sprint("edit ", i)}
		s.apply(t, rel)
		if got := s.who(t); got != fmt.Sprint("edit ", i) {
			t.Fatalf("after apply %d who is %q", i, got)
		}
	}
	select {
	case err := <-g.err:
		if !errors.Is(err, ErrSuperseded) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(withinDrift):
		t.Error("still guards an old revision")
	}
	if len(g.told) > 0 {
		t.Errorf("told %s", <-g.told)
	}
	if got := s.who(t); got != "edit 4" {
		t.Errorf("who is %q", got)
	}
	last := s.guard(t, s.apply(t, rel), DriftCorrect)
	last.settled(t, s)
	last.end()
	if err := <-last.err; err != nil {
		t.Errorf("ended by its context: %v", err)
	}
}

func TestGuardOfADyingNamespace(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	rel.Namespace, rel.CreateNamespace = s.namespace+"-own", true
	res := s.apply(t, rel)
	g := s.guard(t, res, DriftCorrect)
	if err := s.kube.CoreV1().Namespaces().Delete(t.Context(), rel.Namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var told []Drift
	for {
		select {
		case d := <-g.told:
			told = append(told, d)
			continue
		case err := <-g.err:
			if !errors.Is(err, ErrSuperseded) {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("still guards what is gone")
		}
		break
	}
	if len(told) != 1 || !errors.Is(told[0].Err, ErrTerminating) || told[0].Object.Name != rel.Namespace {
		t.Errorf("told %v", told)
	}
}

// canaryKind stands for Flagger's own CRD where the cluster has none.
const canaryKind = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: canaries.flagger.app}
spec:
  group: flagger.app
  scope: Namespaced
  names: {kind: Canary, plural: canaries, singular: canary}
  versions:
  - {name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

func TestGuardLeavesACanarysTargetToFlagger(t *testing.T) {
	s := newSandbox(t)
	canaries := schema.GroupVersionResource{Group: "flagger.app", Version: "v1beta1", Resource: "canaries"}
	if _, err := s.getter.mapper.RESTMapping(schema.GroupKind{Group: "flagger.app", Kind: "Canary"}); err != nil {
		crd := s.release(t, map[string]string{"templates/crd.yaml": canaryKind})
		crd.Name = "flagger-kinds"
		if err := s.wait(t, s.apply(t, crd)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Uninstall(context.Background(), crd.Name, crd.Namespace) })
	}
	rel := s.idle(t)
	rel.Set = map[string]any{"replicas": 1}
	res := s.apply(t, rel)
	doc, err := parseDocument([]byte("{apiVersion: flagger.app/v1beta1, kind: Canary, metadata: {name: web}, spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, service: {port: 80}, analysis: {interval: 1m, threshold: 1, maxWeight: 50, stepWeight: 10}}}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.dynamic.Resource(canaries).Namespace(s.namespace).Create(t.Context(), doc[0], metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	g := s.guard(t, res, DriftCorrect)
	g.settled(t, s)
	s.edit(t, depResource, "web", `{"spec":{"replicas":0}}`)
	s.edit(t, svcResource, "web", `{"spec":{"selector":{"app":"web-primary"}}}`)
	g.quiet(t, "what Flagger owns")
	s.edit(t, svcResource, "web", `{"metadata":{"annotations":{"meta.helm.sh/release-name":"other"}}}`)
	if d := g.next(t); d.Object.Kind != "Service" || len(d.Fields) != 1 {
		t.Errorf("told %s", d)
	}
	if svc, err := s.kube.CoreV1().Services(s.namespace).Get(t.Context(), "web", metav1.GetOptions{}); err != nil || svc.Spec.Selector["app"] != "web-primary" {
		t.Errorf("Flagger's selector was put back: %v, %v", svc.Spec.Selector, err)
	}
}
