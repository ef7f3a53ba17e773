// Package preview works out what devloop up would do now, without doing it: the
// state of each image and the difference each release would make, and draws
// that for a person. No image is built, no command of the project runs, and
// nothing is written to the cluster.
//
// It may import build, deploy, internal/config, internal/diff and
// internal/digest; not internal/loop.
package preview
