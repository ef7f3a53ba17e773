// Package addons is what a sandbox's cluster holds from its start on: the
// name server's Service and rights, and the custom resource definitions of
// Istio, the Gateway API and the Prometheus Operator. The definitions are read
// from the Go modules that ship them. Of this module it imports only kubeapi
// and netplan.
package addons
