package addons

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
)

type object = map[string]any

// InstallDNS gives CoreDNS the right to read what it answers from, and makes
// the Service kube-dns. CoreDNS runs outside of the cluster, so the Service
// selects no pods: its one endpoint is written here.
func InstallDNS(ctx context.Context, client *kubeapi.Client, settings netplan.Settings) error {
	for _, o := range dnsObjects(settings) {
		if err := client.Apply(ctx, o.path, o.object); err != nil {
			return fmt.Errorf("installing the name server: %w", err)
		}
	}
	return nil
}

type placed struct {
	path   string
	object object
}

func dnsObjects(settings netplan.Settings) []placed {
	const rbac = "rbac.authorization.k8s.io"
	role := object{
		"apiVersion": rbac + "/v1", "kind": "ClusterRole", "metadata": object{"name": "system:coredns"},
		"rules": []object{
			{"apiGroups": []string{""}, "resources": []string{"services", "namespaces"}, "verbs": []string{"list", "watch"}},
			{"apiGroups": []string{"discovery.k8s.io"}, "resources": []string{"endpointslices"}, "verbs": []string{"list", "watch"}},
		},
	}
	binding := object{
		"apiVersion": rbac + "/v1", "kind": "ClusterRoleBinding", "metadata": object{"name": "system:coredns"},
		"roleRef":  object{"apiGroup": rbac, "kind": "ClusterRole", "name": "system:coredns"},
		"subjects": []object{{"apiGroup": rbac, "kind": "User", "name": "system:coredns"}},
	}
	port := settings.Port(netplan.PortDNS)
	service := object{
		"apiVersion": "v1", "kind": "Service",
		"metadata": object{"name": "kube-dns", "labels": object{"k8s-app": "kube-dns"}},
		"spec": object{
			"clusterIP": settings.Plan().DNS().String(),
			"ports": []object{
				{"name": "dns", "protocol": "UDP", "port": 53, "targetPort": port},
				{"name": "dns-tcp", "protocol": "TCP", "port": 53, "targetPort": port},
			},
		},
	}
	slice := object{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
		"metadata": object{
			"name":   "kube-dns-host",
			"labels": object{"kubernetes.io/service-name": "kube-dns", "endpointslice.kubernetes.io/managed-by": "devloop-sandbox"},
		},
		"addressType": "IPv4",
		"endpoints":   []object{{"addresses": []string{settings.Plan().Node().String()}, "conditions": object{"ready": true}}},
		"ports": []object{
			{"name": "dns", "protocol": "UDP", "port": port},
			{"name": "dns-tcp", "protocol": "TCP", "port": port},
		},
	}
	return []placed{
		{"/apis/" + rbac + "/v1/clusterroles/system:coredns", role},
		{"/apis/" + rbac + "/v1/clusterrolebindings/system:coredns", binding},
		{"/api/v1/namespaces/kube-system/services/kube-dns", service},
		{"/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns-host", slice},
	}
}
