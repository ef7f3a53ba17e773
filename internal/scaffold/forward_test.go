package scaffold

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/filetest"
)

// service is a manifest; more are lines of its spec.
func service(name, port string, more ...string) string {
	return "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec:\n  selector: {app: " + name + "}\n  ports: [" + port + "]\n" + strings.Join(more, "\n")
}

// drafted is what init writes for a chart shop with these templates, and what it
// says. Image app is built here, for pods with the label app: own.
func drafted(t *testing.T, templates string, more map[string]string) *Draft {
	t.Helper()
	files := map[string]string{
		"chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n", "chart/values.yaml": "image: app:1\n", "app/Dockerfile": "FROM scratch\n",
		"chart/templates/pod.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: own}\nspec: {template: {metadata: {labels: {app: own, tier: web}}, spec: {containers: [{name: side, image: proxy}, {name: app, image: {{ .Values.image }}}]}}}\n",
		"chart/templates/all.yaml": templates,
	}
	for name, text := range more {
		files[name] = text
	}
	s, err := Look(t.Context(), filetest.Lay(t, files))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Draft(Never)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestServicesThatAUserOpensAreForwarded(t *testing.T) {
	const routed = "\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec:\n  gateways: [GATEWAY]\n  http: [{route: [{destination: {host: web.default.svc.cluster.local, port: {number: 9000}}}]}]\n"
	two := service("web", "{name: http, port: 80}, {name: admin, port: 9000}")
	tests := map[string]struct {
		templates string
		want      []config.Forward
	}{
		"nobody's":                       {service("db", "{port: 5432}"), nil},
		"of an image of here":            {service("own", "{port: 8000}") + service("db", "{port: 5432}"), []config.Forward{{Service: "own", Port: "8000"}}},
		"a NodePort before those":        {service("own", "{port: 8000}") + service("db", "{port: 5432}", "  type: NodePort"), []config.Forward{{Service: "db", Port: "5432"}}},
		"by an HTTPRoute":                {two + "\n---\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {rules: [{backendRefs: [{name: web, port: 9000}, {kind: Bucket, name: own}]}]}\n" + service("own", "{port: 1}"), []config.Forward{{Service: "web", Port: "9000"}}},
		"by a VirtualService":            {two + strings.Replace(routed, "GATEWAY", "mesh, outer", 1), []config.Forward{{Service: "web", Port: "9000"}}},
		"within the mesh":                {two + strings.Replace(routed, "GATEWAY", "mesh", 1), nil},
		"by an Ingress's default":        {two + "\n---\nkind: Ingress\nmetadata: {name: i}\nspec: {defaultBackend: {service: {name: web, port: {name: admin}}}}\n", []config.Forward{{Service: "web", Port: "9000"}}},
		"without an address of its own":  {service("own", "{port: 80}", "  clusterIP: None"), nil},
		"of another namespace":           {strings.Replace(service("own", "{port: 80}"), "{name: own}", "{name: own, namespace: other}", 1), nil},
		"of a hook":                      {strings.Replace(service("own", "{port: 80}"), "{name: own}", "{name: own, annotations: {helm.sh/hook: test}}", 1), nil},
		"UDP alone":                      {service("own", "{port: 53, protocol: UDP}"), nil},
		"each at a port of its own":      {service("a", "{port: 80}", "  type: LoadBalancer") + service("b", "{port: 8080}", "  type: LoadBalancer"), []config.Forward{{Service: "a", Port: "80", Local: 8080}, {Service: "b", Port: "8080", Local: 8081}}},
		"at the port that HTTP goes to":  {service("own", "{name: a, port: 9000}, {name: b, port: 3000}"), []config.Forward{{Service: "own", Port: "3000"}}},
		"at the port that is called web": {service("own", "{name: a, port: 80}, {name: web, port: 9000}"), []config.Forward{{Service: "own", Port: "9000"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := drafted(t, tt.templates, nil)
			for i := range tt.want {
				tt.want[i].Release = "shop"
			}
			if diff := cmp.Diff(tt.want, d.Project.Forward); diff != "" {
				t.Errorf("(- want, + got):\n%s%s", diff, strings.Join(d.Left, "\n"))
			}
		})
	}
}

// The values that go with the release decide, and so does a chart that it takes in.
func TestForwardsAreThoseOfTheValuesOfHere(t *testing.T) {
	d := drafted(t, "{{ if .Values.door }}"+service("own", "{port: 80}")+"{{ end }}{{ template \"more\" . }}", map[string]string{
		"values/local.yaml": "door: true\nimage: mine:2\n",
		"chart/Chart.yaml":  "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{name: lib, version: 0.1.0, repository: file://../lib}]\n",
		"lib/Chart.yaml":    "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n", "lib/templates/_more.tpl": `{{ define "more" }}{{ end }}`,
	})
	if want := []config.Forward{{Release: "shop", Service: "own", Port: "80", Local: 8080}}; !slices.Equal(d.Project.Forward, want) {
		t.Errorf("forward %+v, want %+v; left out %q", d.Project.Forward, want, d.Left)
	}
}

func TestAChartThatIsNotRenderedForwardsNothing(t *testing.T) {
	d := drafted(t, `{{ required "name a door" .Values.door }}`, nil)
	if left := strings.Join(d.Left, "\n"); len(d.Project.Forward) != 0 || !strings.Contains(left, "forward: no service of release shop") || !strings.Contains(left, "name a door") {
		t.Errorf("forward %+v, left out %s", d.Project.Forward, left)
	}
	if len(d.Project.Releases) != 1 || len(d.Project.Images) != 1 {
		t.Errorf("the rest is gone: %+v", d.Project)
	}
}
