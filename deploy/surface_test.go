package deploy

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

var widget = schema.GroupKind{Group: "example.com", Kind: "Widget"}

func TestCapabilitiesAreKeptUntilTheServerChanges(t *testing.T) {
	api, c := newFakeAPI(t)
	first, err := c.surface.capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.KubeVersion.Version != "v1.34.4" || !first.APIVersions.Has("apps/v1/Deployment") {
		t.Fatalf("capabilities = %+v", first)
	}
	read := api.count("/api")
	for range 3 {
		if _, err := c.surface.capabilities(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := api.count("/api"); got != read {
		t.Errorf("discovery was read %d times more though nothing changed", got-read)
	}
	if got := api.count("304"); got != 3 {
		t.Errorf("%d conditional requests were answered by 304, want 3", got)
	}

	api.add("example.com", "Widget")
	now, err := c.surface.capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !now.APIVersions.Has("example.com/v1/Widget") {
		t.Error("a kind that was added is not seen")
	}
}

func TestUnknownKindIsLookedUpAgain(t *testing.T) {
	api, c := newFakeAPI(t)
	if _, err := c.getter.mapper.RESTMapping(widget, "v1"); err == nil {
		t.Fatal("mapping of a kind that is not there")
	}
	api.add("example.com", "Widget")
	c.getter.discovery.read.Store(0) // the pause between two reads is over
	if _, err := c.getter.mapper.RESTMapping(widget, "v1"); err != nil {
		t.Fatal(err)
	}
}

func TestUnreachableClusterIsNamed(t *testing.T) {
	api, _ := newFakeAPI(t)
	api.Close()
	c, err := New(&rest.Config{Host: api.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Apply(t.Context(), Release{Name: "a", Namespace: "b", Chart: "c"})
	if err == nil || !strings.Contains(err.Error(), "reach the cluster at "+api.URL) {
		t.Fatalf("err = %v", err)
	}
}
