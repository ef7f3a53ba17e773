//go:build sandbox

package deploy

import (
	"context"
	"slices"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// scalerOfWeb owns the replicas of the deployment of small.
func scalerOfWeb() *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "scaler"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MinReplicas:    new(int32(2)), MaxReplicas: 2,
		},
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
	_, err := hpas.Create(t.Context(), scalerOfWeb(), metav1.CreateOptions{})
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
		t.Cleanup(func() {
			if err := s.Uninstall(context.Background(), crd.Name, crd.Namespace); err != nil {
				t.Error(err)
			}
			s.awaitKindGone(t, schema.GroupKind{Group: "flagger.app", Kind: "Canary"})
		})
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
