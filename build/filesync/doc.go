// Package filesync copies changed files into the running containers of an image,
// in place of building it, and copies them again into containers that start
// later. It finds the best way into a container by itself: the docker daemon or
// containerd beside the cluster's API, so that nothing is asked of the image, and
// else tar in the container. What was copied is remembered by the digest of its
// content, so that no container is written to twice for the same.
//
// It may import build and internal/digest, nothing else of devloop.
package filesync
