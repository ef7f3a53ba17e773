// Package kubeconfig writes kubeconfig files with one context and its
// credentials inside. It imports no other package of this module.
package kubeconfig
