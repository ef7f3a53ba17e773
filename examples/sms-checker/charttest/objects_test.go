package charttest

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

var plain = []string{
	"ConfigMap/sms-app",
	"Deployment/sms-app-v1", "Deployment/sms-app-v2", "Deployment/sms-model-v1", "Deployment/sms-model-v2",
	"Ingress/sms-app",
	"Pod/sms-app-check",
	"Secret/sms-model",
	"Service/sms-app", "Service/sms-app-v1", "Service/sms-app-v2",
	"Service/sms-model", "Service/sms-model-v1", "Service/sms-model-v2",
}

func TestObjectsByWhatTheClusterKnows(t *testing.T) {
	for _, test := range []struct {
		name, values string
		groups       []string
		extra        []string // besides the plain ones
		notes        string
	}{
		{name: "a plain cluster", notes: "does not know its kinds"},
		{name: "Istio", groups: []string{istio}, notes: "Routing by istio",
			extra: []string{"DestinationRule/sms-app", "Gateway/sms-app", "VirtualService/sms-app"}},
		{name: "Istio and the Prometheus operator", groups: []string{istio, prometheus}, notes: "Routing by istio",
			extra: []string{"DestinationRule/sms-app", "Gateway/sms-app", "VirtualService/sms-app",
				"ServiceMonitor/sms-app", "ServiceMonitor/sms-model"}},
		{name: "all known, Gateway API chosen", values: "routing: {kind: gateway-api}", groups: []string{istio, gatewayAPI},
			extra: []string{"Gateway/sms-app", "HTTPRoute/sms-app"}, notes: "Routing by gateway-api"},
		{name: "Gateway API chosen and unknown", values: "routing: {kind: gateway-api}", groups: []string{istio},
			notes: "routing.kind is gateway-api, but"},
		{name: "no routing", values: "routing: {kind: none}", groups: []string{istio, gatewayAPI}},
		{name: "no monitor", values: "serviceMonitor: {enabled: false}\nrouting: {kind: none}", groups: []string{prometheus}},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects, notes, err := render(test.values, test.groups...)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(slices.Concat(plain, test.extra)))
			if got := names(objects); !slices.Equal(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
			if !strings.Contains(notes, test.notes) {
				t.Errorf("NOTES.txt lacks %q:\n%s", test.notes, notes)
			}
		})
	}
}

// TestKubernetesKnowsEveryField decodes strictly: a misspelt field fails.
func TestKubernetesKnowsEveryField(t *testing.T) {
	for _, o := range mustRender(t, "ingress: {className: nginx, annotations: {a: b}}\nrouting: {hosts: [a.example, \"*\"]}") {
		switch o.kind {
		case "Deployment":
			o.into(t, &appsv1.Deployment{})
		case "Service":
			o.into(t, &corev1.Service{})
		case "ConfigMap":
			o.into(t, &corev1.ConfigMap{})
		case "Secret":
			o.into(t, &corev1.Secret{})
		case "Pod":
			o.into(t, &corev1.Pod{})
		case "Ingress":
			o.into(t, &networkingv1.Ingress{})
		default:
			t.Errorf("no type to check %s against", o.kind)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, o := range mustRender(t, "", istio, prometheus) {
		for _, label := range []string{"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"} {
			if got, _ := o.at("metadata", "labels", label).(string); got == "" {
				t.Errorf("%s %s lacks the label %s", o.kind, o.name, label)
			}
		}
		if o.kind != "Deployment" {
			continue
		}
		if o.at("spec", "template", "metadata", "labels", "helm.sh/chart") != nil {
			t.Errorf("%s: its pods carry the chart's version and would restart with it", o.name)
		}
	}
}

// TestEverythingFindsItsPods follows each Service to the pods it selects, and
// the app to the model it asks.
func TestEverythingFindsItsPods(t *testing.T) {
	objects := mustRender(t, "")
	pods := map[string]labels.Set{}
	services := map[string]corev1.Service{}
	for _, o := range objects {
		switch o.kind {
		case "Deployment":
			var d appsv1.Deployment
			o.into(t, &d)
			pods[d.Name] = d.Spec.Template.Labels
			if !labels.SelectorFromSet(d.Spec.Selector.MatchLabels).Matches(labels.Set(d.Spec.Template.Labels)) {
				t.Errorf("Deployment %s does not select its own pods", d.Name)
			}
		case "Service":
			var s corev1.Service
			o.into(t, &s)
			services[s.Name] = s
		}
	}
	for service, want := range map[string][]string{
		"sms-app":      {"sms-app-v1", "sms-app-v2"},
		"sms-app-v1":   {"sms-app-v1"},
		"sms-app-v2":   {"sms-app-v2"},
		"sms-model":    {"sms-model-v1", "sms-model-v2"},
		"sms-model-v1": {"sms-model-v1"},
		"sms-model-v2": {"sms-model-v2"},
	} {
		var got []string
		for name, set := range pods {
			if labels.SelectorFromSet(services[service].Spec.Selector).Matches(set) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("Service %s selects the pods of %v, want %v", service, got, want)
		}
	}
	for _, version := range []string{"v1", "v2"} {
		if got, want := env(t, objects, "sms-app-"+version, "MODEL_URL"), "http://sms-model-"+version+":8080"; got != want {
			t.Errorf("app %s asks %s, want %s", version, got, want)
		}
	}
	noModelV2 := mustRender(t, "model: {v2: {enabled: false}}")
	if got := env(t, noModelV2, "sms-app-v2", "MODEL_URL"); got != "http://sms-model-v1:8080" {
		t.Errorf("without model v2, app v2 asks %s, want v1's", got)
	}
}

func TestContainersAreConfined(t *testing.T) {
	for _, o := range mustRender(t, "") {
		var pod corev1.PodSpec
		switch o.kind {
		case "Deployment":
			var d appsv1.Deployment
			o.into(t, &d)
			pod = d.Spec.Template.Spec
			probe := pod.Containers[0].ReadinessProbe
			if probe == nil || probe.PeriodSeconds != 1 || probe.HTTPGet.Path != "/readyz" {
				t.Errorf("%s: readiness probe %+v, want /readyz each second", o.name, probe)
			}
		case "Pod":
			var p corev1.Pod
			o.into(t, &p)
			pod = p.Spec
		default:
			continue
		}
		if pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot {
			t.Errorf("%s %s may run as root", o.kind, o.name)
		}
		security := pod.Containers[0].SecurityContext
		if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem ||
			security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation {
			t.Errorf("%s %s: container security %+v, want a read-only file system and no escalation", o.kind, o.name, security)
		}
	}
}

// env returns the value of a variable of a Deployment's container.
func env(t *testing.T, objects []object, deployment, name string) string {
	t.Helper()
	var d appsv1.Deployment
	find(t, objects, "Deployment", deployment).into(t, &d)
	for _, v := range d.Spec.Template.Spec.Containers[0].Env {
		if v.Name == name {
			return v.Value
		}
	}
	t.Fatalf("%s has no variable %s", deployment, name)
	return ""
}
