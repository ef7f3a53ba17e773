package addons

// Source is a Go module that ships custom resource definitions.
type Source struct {
	// Title is for people.
	Title string
	// Module and Version are the Go module's, Sum is its checksum as in a
	// go.sum file.
	Module, Version, Sum string
	// Files are patterns, as of path/filepath.Match, below the module's
	// directory.
	Files []string
}

// Sources are the definitions that a sandbox installs.
func Sources() []Source {
	return []Source{
		{
			Title:   "Istio",
			Module:  "istio.io/api",
			Version: "v1.28.0",
			Sum:     "h1:0fYY9G03CAdFwE/fCkpr0v7kKsy+Hz9OCCjLNBNLbnU=",
			Files:   []string{"kubernetes/customresourcedefinitions.gen.yaml"},
		},
		{
			Title:   "Gateway API",
			Module:  "sigs.k8s.io/gateway-api",
			Version: "v1.4.0",
			Sum:     "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
			Files:   []string{"config/crd/standard/gateway.networking.k8s.io_*.yaml"},
		},
		{
			Title:   "Prometheus Operator",
			Module:  "github.com/prometheus-operator/prometheus-operator",
			Version: "v0.85.0",
			Sum:     "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
			Files: []string{
				"example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
				"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
				"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
			},
		},
	}
}
