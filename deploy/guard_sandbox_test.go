//go:build sandbox

package deploy

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

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

// With Once a guard puts right what it finds, or tells it, and is over.
func TestGuardOnce(t *testing.T) {
	s := newSandbox(t)
	content := small()
	content["templates/brief.yaml"] = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: brief}\n" +
		"spec: {ttlSecondsAfterFinished: 0, suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: main, image: x}]}}}\n"
	rel := s.release(t, content)
	rel.Set = map[string]any{"replicas": 0}
	s.apply(t, rel)
	s.edit(t, cmResource, "config", `{"data":{"who":"hand"}}`)
	s.edit(t, depResource, "web", `{"spec":{"replicas":2}}`)
	s.remove(t, schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, "brief") // may go
	if _, err := s.kube.AutoscalingV2().HorizontalPodAutoscalers(s.namespace).Create(t.Context(), scalerOfWeb(), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	res := s.apply(t, rel)
	if res.Action != Unchanged {
		t.Fatal(res.Action)
	}
	look := func(mode DriftMode) (told []string) {
		t.Helper()
		if err := s.Guard(t.Context(), res, mode.Once(), func(d Drift) { told = append(told, d.String()) }); err != nil {
			t.Error(err)
		}
		return told
	}
	const drifted = "ConfigMap/config (templates/config.yaml): data.who world -> hand by somebody (Update, "
	if told := look(DriftWarn); len(told) != 1 || !strings.HasPrefix(told[0], drifted) || strings.Contains(told[0], "put back") || s.who(t) != "hand" {
		t.Errorf("warning told %q, who is %q", told, s.who(t))
	}
	if told := look(DriftCorrect); len(told) != 1 || !strings.HasPrefix(told[0], drifted) || !strings.HasSuffix(told[0], "; put back") || s.who(t) != "world" {
		t.Errorf("correcting told %q, who is %q", told, s.who(t))
	}
	if told := look(DriftCorrect); len(told) != 0 {
		t.Errorf("nothing drifted, told %q", told)
	}
	// What the cluster refuses is an error, and told.
	s.edit(t, secResource, "secret", `{"immutable":true,"data":{"key":"b3RoZXI="}}`)
	var told []Drift
	err := s.Guard(t.Context(), res, DriftCorrect.Once(), func(d Drift) { told = append(told, d) })
	if err == nil || !strings.Contains(err.Error(), "Secret/secret") || !strings.Contains(err.Error(), "immutable") || len(told) != 1 || told[0].Err == nil {
		t.Errorf("err = %v, told %v", err, told)
	}
}
