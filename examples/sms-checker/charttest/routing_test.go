package charttest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestWeightsMustAddUp(t *testing.T) {
	for _, kind := range []string{"istio", "gateway-api", "none"} {
		_, _, err := render("routing: {kind: "+kind+", weights: {v1: 90, v2: 20}}", istio, gatewayAPI)
		if want := "routing.weights must add up to 100: v1 90 + v2 20 = 110"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", kind, err, want)
		}
	}
	if _, _, err := render("routing: {weights: {v1: 0, v2: 100}}", istio); err != nil {
		t.Errorf("0 + 100: %v", err)
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		name, values string
		want         map[string]int
	}{
		{name: "as the chart comes", want: map[string]int{"v1": 90, "v2": 10}},
		{name: "half and half", values: "weights: {v1: 50, v2: 50}", want: map[string]int{"v1": 50, "v2": 50}},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := find(t, mustRender(t, "routing: {"+test.values+"}", istio), "VirtualService", "sms-app")
			route := find(t, mustRender(t, "routing: {kind: gateway-api, "+test.values+"}", gatewayAPI), "HTTPRoute", "sms-app")
			for i, version := range []string{"v1", "v2"} {
				want := fmt.Sprint(version, " ", test.want[version])
				if got := fmt.Sprint(service.at("spec", "http", 2, "route", i, "destination", "subset"), " ",
					service.at("spec", "http", 2, "route", i, "weight")); got != want {
					t.Errorf("VirtualService sends %s, want %s", got, want)
				}
				if got := fmt.Sprint(route.at("spec", "rules", 2, "backendRefs", i, "name"), " ",
					route.at("spec", "rules", 2, "backendRefs", i, "weight")); got != "sms-app-"+want {
					t.Errorf("HTTPRoute sends %s, want sms-app-%s", got, want)
				}
			}
		})
	}
}

func TestOnlyV1(t *testing.T) {
	objects := mustRender(t, "app: {v2: {enabled: false}}\nmodel: {v2: {enabled: false}}", istio)
	for _, name := range names(objects) {
		if strings.HasSuffix(name, "-v2") {
			t.Errorf("%s is there though v2 is off", name)
		}
	}
	service := find(t, objects, "VirtualService", "sms-app")
	if got := service.at("spec", "http", 1, "route", 0, "weight"); fmt.Sprint(got) != "100" {
		t.Errorf("v1 gets %v, want 100", got)
	}
	if strings.Contains(service.doc, "v2") || strings.Contains(find(t, objects, "DestinationRule", "sms-app").doc, "name: v2") {
		t.Errorf("routing still knows v2:\n%s", service.doc)
	}
	if strings.Contains(find(t, objects, "Pod", "sms-app-check").doc, "v2") {
		t.Error("helm test would ask v2")
	}
}

// TestCookieRule tries the rule on the headers that browsers send. Istio and
// Gateway API's implementations use RE2 and want the whole value to match.
func TestCookieRule(t *testing.T) {
	service := find(t, mustRender(t, "", istio), "VirtualService", "sms-app")
	route := find(t, mustRender(t, "routing: {kind: gateway-api}", gatewayAPI), "HTTPRoute", "sms-app")
	for i, version := range []string{"v1", "v2"} {
		pattern, _ := service.at("spec", "http", i, "match", 0, "headers", "cookie", "regex").(string)
		if other, _ := route.at("spec", "rules", i, "matches", 0, "headers", 0, "value").(string); other != pattern {
			t.Errorf("HTTPRoute matches %q, VirtualService %q: want the same", other, pattern)
		}
		rule, err := regexp.Compile(`^(?:` + pattern + `)$`)
		if err != nil || pattern == "" {
			t.Fatalf("pattern %q: %v", pattern, err)
		}
		for header, want := range map[string]bool{
			"sms-version=" + version:                       true,
			"a=b; sms-version=" + version:                  true,
			"a=b; sms-version=" + version + "; c=d":        true,
			"sms-version=" + version + ";c=d":              true,
			"sms-version=" + version + "0":                 false,
			"not-sms-version=" + version:                   false,
			"sms-version=v3":                               false,
			"a=sms-version; b=" + version:                  false,
			"sms-version=" + version + "x; sms-version=v3": false,
			"": false,
		} {
			if got := rule.MatchString(header); got != want {
				t.Errorf("%s: Cookie %q matches: %t, want %t", version, header, got, want)
			}
		}
		if got := service.at("spec", "http", i, "match", 1, "headers", "x-sms-version", "exact"); got != version {
			t.Errorf("header rule of %s matches %v", version, got)
		}
		if got := service.at("spec", "http", i, "route", 0, "destination", "subset"); got != version {
			t.Errorf("cookie of %s leads to %v", version, got)
		}
		if got := route.at("spec", "rules", i, "backendRefs", 0, "name"); got != "sms-app-"+version {
			t.Errorf("cookie of %s leads to %v by HTTPRoute", version, got)
		}
	}
}

func TestHostsAndPort(t *testing.T) {
	values := "routing: {kind: %s, hosts: [sms.example]}"
	service := find(t, mustRender(t, fmt.Sprintf(values, "istio"), istio), "VirtualService", "sms-app")
	if got := fmt.Sprint(service.at("spec", "hosts")); got != "[sms.example]" {
		t.Errorf("VirtualService is for %s", got)
	}
	objects := mustRender(t, fmt.Sprintf(values, "gateway-api"), gatewayAPI)
	if got := fmt.Sprint(find(t, objects, "HTTPRoute", "sms-app").at("spec", "hostnames")); got != "[sms.example]" {
		t.Errorf("HTTPRoute is for %s", got)
	}
	if got := find(t, objects, "Ingress", "sms-app").at("spec", "rules", 0, "host"); got != "sms.example" {
		t.Errorf("Ingress is for %v", got)
	}
	listener := mustRender(t, "routing: {kind: gateway-api, gatewayAPI: {port: 18080}}", gatewayAPI)
	if got := fmt.Sprint(find(t, listener, "Gateway", "sms-app").at("spec", "listeners", 0, "port")); got != "18080" {
		t.Errorf("the Gateway listens on %s", got)
	}
	anyHost := mustRender(t, "routing: {kind: gateway-api}", gatewayAPI)
	if got := fmt.Sprint(find(t, anyHost, "Gateway", "sms-app").at("spec", "listeners", 0, "port")); got != "80" {
		t.Errorf("the Gateway listens on %s by default", got)
	}
	if find(t, anyHost, "HTTPRoute", "sms-app").at("spec", "hostnames") != nil || find(t, anyHost, "Ingress", "sms-app").at("spec", "rules", 0, "host") != nil {
		t.Error(`"*" became a host name, which Kubernetes refuses`)
	}
}
