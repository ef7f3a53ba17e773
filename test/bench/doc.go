// Command bench measures devloop against the helm command and against the
// least the cluster itself needs, on the current kubeconfig context, which must
// be a local cluster.
//
// Each scenario is a project of a known size in a temporary folder and in
// namespaces of its own. An edit is timed from just before the file is saved
// (monotonic clock) until package observe sees it at the API server. The arms of
// a scenario do the same work:
//
//   - devloop: the binary given by -devloop, running `devloop up`;
//   - helm: the helm command of the version that devloop is built with, started
//     at the moment of the save, as a person at a prompt could at best;
//   - floor: a client that is connected already and knows the one patch to send.
//
// Their runs are mixed in a random order that the printed seed repeats. A
// further scenario is a file with a function that returns a scenario, and a line
// in scenarios.
package main
