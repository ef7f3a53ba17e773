// Package kubeapi is the little of a Kubernetes client that bringing a
// sandbox up needs: reading objects, patching, server-side apply. The full
// client would make the launcher take a minute to compile. It imports no
// other package of this module.
package kubeapi
