// Package e2e tests the devloop command from the outside: real files, a real
// docker, a real Kubernetes. The tests edit files as a person would and look at
// the API server, at HTTP answers of the deployed programs and at docker; of
// devloop they take the exit codes, and its words only where words are what is
// tested. They need a local cluster in KUBECONFIG and run by make test.
package e2e
