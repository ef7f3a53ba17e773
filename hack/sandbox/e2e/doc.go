// Package e2e proves on a running sandbox that pods, services, names, logs,
// exec, port-forwarding and the ways in from the host work. Its tests have the
// build tag sandbox. Of this module it imports only image and kubeapi.
package e2e
