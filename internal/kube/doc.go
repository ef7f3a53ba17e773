// Package kube finds the cluster the user means and says whether it is a local
// one, which devloop may write to without being allowed by name.
// It reads kubeconfig the way kubectl does, from --kubeconfig, KUBECONFIG or the
// home folder, and talks to no server.
//
// It imports nothing of devloop.
package kube
