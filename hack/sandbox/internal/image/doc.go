// Package image packs static binaries into container images, without a
// docker engine and without a base image. It imports no other package of this
// module.
package image
