package deploy

import (
	"errors"
	"testing"
)

func TestApplyErrorHidesTheLiveObject(t *testing.T) {
	e := &ApplyError{Release: "web", Object: Object{Kind: "Secret", Name: "key", Template: "templates/key.yaml"},
		Err: errors.New(`cannot patch "key" with kind Secret:  "" is invalid: patch: Invalid value: "{\"data\":{\"k\":\"aGlkZGVu\",\"q\":\"a\\\"b\"}}": json: cannot unmarshal bool into Go struct field Secret.data.k of type string`)}
	const want = `apply release web: Secret/key (templates/key.yaml): cannot patch "key" with kind Secret: field data.k is a bool, must be a string`
	if got := e.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRefusalsNameTheObject(t *testing.T) {
	for text, want := range map[string]Object{
		`cannot patch "web" with kind Deployment: Deployment.apps "web" is invalid: spec.selector: field is immutable`:                                    {Kind: "Deployment", Name: "web"},
		`create Service/bad: Service "bad" is invalid: spec.ports[0].port: Invalid value: 99999`:                                                          {Kind: "Service", Name: "bad"},
		`create ConfigMap/x: ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal bool into Go struct field of type string`: {Kind: "ConfigMap", Name: "x"},
		`Unable to continue with install: Secret "s" in namespace "dev" exists and cannot be imported into the current release: invalid`:                  {Kind: "Secret", Name: "s"},
		`resource mapping not found for name: "w" namespace: "" from "": no matches for kind "Widget" in version "example.com/v1"`:                        {Kind: "Widget", Name: "w"},
		`something else`: {},
	} {
		if kind, name := refused(text); kind != want.Kind || name != want.Name {
			t.Errorf("%s\n\tnames %s/%s", text, kind, name)
		}
	}
}
