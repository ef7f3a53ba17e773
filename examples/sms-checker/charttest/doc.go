// Package charttest holds the tests of the example's Helm chart and nothing
// else. They render it with Helm's own engine, as a cluster with or without
// Istio, Gateway API and the Prometheus operator would get it, and look at the
// objects. It is a module of its own so that the services need not know Helm.
package charttest
