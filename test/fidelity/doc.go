// Package fidelity proves that a release of package deploy is what plain Helm
// would have left: it applies the same series of edits with both, each in
// namespaces of its own, and compares objects, history and the runs of hooks
// after each edit. The tests need the sandbox cluster in KUBECONFIG and run by
// make test (a subset) and, with FIDELITY=full, by make test-full (everything).
//
// It may import deploy and Helm's packages, nothing else of this module. What
// is compared, and what differs on purpose, is told in docs/fidelity.md.
package fidelity
