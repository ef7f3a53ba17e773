package charttest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

const (
	chartDir = "../sms-checker-chart"

	istio      = "networking.istio.io/v1"
	gatewayAPI = "gateway.networking.k8s.io/v1"
	prometheus = "monitoring.coreos.com/v1"
)

// object is one rendered document.
type object struct {
	kind, name string
	doc        string
	fields     map[string]any
}

// render returns the objects that `helm install sms` would make with the values
// (YAML, over the chart's own) in a cluster that knows the API groups, and the
// text of NOTES.txt.
func render(values string, groups ...string) (objects []object, notes string, err error) {
	chart, err := loader.Load(chartDir)
	if err != nil {
		return nil, "", err
	}
	own, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		return nil, "", err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.APIVersions = append(slices.Clone(capabilities.APIVersions), groups...)
	all, err := chartutil.ToRenderValues(chart, own,
		chartutil.ReleaseOptions{Name: "sms", Namespace: "test", Revision: 1, IsInstall: true}, capabilities)
	if err != nil {
		return nil, "", err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, "", err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(file, "NOTES.txt") {
			notes = files[file]
			continue
		}
		for _, doc := range releaseutil.SplitManifests(files[file]) {
			o := object{doc: doc}
			if err := yaml.UnmarshalStrict([]byte(doc), &o.fields); err != nil {
				return nil, "", err
			}
			if len(o.fields) == 0 {
				continue
			}
			o.kind, _ = o.fields["kind"].(string)
			o.name, _ = o.at("metadata", "name").(string)
			objects = append(objects, o)
		}
	}
	slices.SortFunc(objects, func(a, b object) int {
		return strings.Compare(a.kind+"/"+a.name, b.kind+"/"+b.name)
	})
	return objects, notes, nil
}

func mustRender(t *testing.T, values string, groups ...string) []object {
	t.Helper()
	objects, _, err := render(values, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// find returns the object of that kind and name.
func find(t *testing.T, objects []object, kind, name string) object {
	t.Helper()
	i := slices.IndexFunc(objects, func(o object) bool { return o.kind == kind && o.name == name })
	if i < 0 {
		t.Fatalf("no %s %s among %v", kind, name, names(objects))
	}
	return objects[i]
}

func names(objects []object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.kind+"/"+o.name)
	}
	return all
}

// at follows a path of map keys (string) and list positions (int); nil when it
// leads nowhere.
func (o object) at(path ...any) any {
	var value any = o.fields
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// into decodes the object into a Kubernetes type; a field that the type does not
// have fails the test.
func (o object) into(t *testing.T, typed any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(o.doc), typed); err != nil {
		t.Errorf("%s %s: %v", o.kind, o.name, err)
	}
}
