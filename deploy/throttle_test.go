package deploy

import (
	"testing"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
)

// The API server limits by itself: whatever the settings say, no client waits.
func TestNothingThrottlesTheClients(t *testing.T) {
	given := &rest.Config{Host: "https://127.0.0.1:1", QPS: 1, Burst: 1, RateLimiter: flowcontrol.NewFakeNeverRateLimiter()}
	c, err := New(given, Options{})
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]rest.Interface{}
	if k, ok := c.client.(*kubernetes.Clientset); ok {
		made["core"], made["apps"], made["storage"] = k.CoreV1().RESTClient(), k.AppsV1().RESTClient(), k.StorageV1().RESTClient()
	}
	config, err := c.getter.ToRESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	// Helm, kubectl's builders and the dynamic clients make theirs of these.
	if config.QPS >= 0 || config.RateLimiter != nil {
		t.Errorf("QPS %v, limiter %v", config.QPS, config.RateLimiter)
	}
	d, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	made["discovery"] = d.RESTClient()
	if len(made) != 4 {
		t.Errorf("looked at %d clients", len(made))
	}
	for name, client := range made {
		if l := client.GetRateLimiter(); l != nil {
			t.Errorf("%s: is limited to %v requests a second", name, l.QPS())
		}
	}
	if given.QPS != 1 {
		t.Error("the caller's settings were changed")
	}
}
