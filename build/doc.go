// Package build turns a folder with a Dockerfile into an image whose tag is the
// digest of everything that went into it, and brings that image to where the
// pods of a local cluster look for it. The same inputs have the same tag on
// every machine, so an image that is there is never built again; a file that
// changes while it is packed stops the build, so a tag never means two
// contents. Builds go through the docker API, by the daemon's BuildKit, which asks
// for the files alone that it lacks, or by the classic builder where there is no
// BuildKit; the way into the cluster (a
// shared daemon, kind, k3d, minikube, this machine's containerd) is found by
// looking at the cluster's nodes.
//
// It may not import watch, deploy, logs or anything of devloop's internal
// packages but internal/digest.
package build
