package scaffold

import (
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// route says that an object leads to a service from outside the cluster.
type route struct {
	service string
	port    string // number or name; empty where it is not said
	by      string // as in "Ingress shop"
}

// routesOf are an object's ways to services. What has a kind that leads nowhere, or
// is none of it, has none.
func routesOf(o object) []route {
	var all []route
	add := func(service, port string) {
		if service != "" {
			all = append(all, route{service, port, o.Kind + " " + o.Metadata.Name})
		}
	}
	switch o.Kind {
	case "Ingress":
		var in networkingv1.Ingress
		if yaml.Unmarshal([]byte(o.text), &in) != nil {
			return nil
		}
		backend := func(b *networkingv1.IngressBackend) {
			if b != nil && b.Service != nil {
				add(b.Service.Name, numberOr(b.Service.Port.Number, b.Service.Port.Name))
			}
		}
		backend(in.Spec.DefaultBackend)
		for _, rule := range in.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for _, p := range rule.HTTP.Paths {
				backend(&p.Backend)
			}
		}
	case "HTTPRoute":
		var in httpRoute
		if yaml.Unmarshal([]byte(o.text), &in) != nil {
			return nil
		}
		for _, rule := range in.Spec.Rules {
			for _, b := range rule.BackendRefs {
				if b.Kind == "" || b.Kind == "Service" {
					add(b.Name, numberOr(b.Port, ""))
				}
			}
		}
	case "VirtualService":
		var in virtualService
		if yaml.Unmarshal([]byte(o.text), &in) != nil || !in.outside() {
			return nil
		}
		for _, h := range in.Spec.HTTP {
			for _, to := range h.Route {
				name, _, _ := strings.Cut(to.Destination.Host, ".")
				add(name, numberOr(to.Destination.Port.Number, ""))
			}
		}
	}
	return all
}

// httpRoute is what is read of the Gateway API's kind.
type httpRoute struct {
	Spec struct {
		Rules []struct {
			BackendRefs []struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
				Port int32  `json:"port"`
			} `json:"backendRefs"`
		} `json:"rules"`
	} `json:"spec"`
}

// virtualService is what is read of Istio's kind.
type virtualService struct {
	Spec struct {
		Gateways []string `json:"gateways"`
		HTTP     []struct {
			Route []struct {
				Destination struct {
					Host string `json:"host"`
					Port struct {
						Number int32 `json:"number"`
					} `json:"port"`
				} `json:"destination"`
			} `json:"route"`
		} `json:"http"`
	} `json:"spec"`
}

// outside: a gateway lets requests in. Without one they come from the mesh alone.
func (v virtualService) outside() bool {
	for _, g := range v.Spec.Gateways {
		if g != "mesh" {
			return true
		}
	}
	return false
}

func numberOr(number int32, name string) string {
	if number == 0 {
		return name
	}
	return strconv.Itoa(int(number))
}
