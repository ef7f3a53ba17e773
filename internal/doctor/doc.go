// Package doctor looks at what devloop stands on (docker, the cluster, its
// permissions there, the way of images, this machine's limits) and says what is
// wrong and how to mend it. It only looks: nothing is written anywhere but the
// questions about permissions, which Kubernetes takes as objects it does not keep.
// It talks to docker and the cluster and to nobody else.
//
// Of devloop it may import build, deploy, internal/config, internal/kube and
// internal/request.
package doctor
