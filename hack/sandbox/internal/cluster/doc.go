// Package cluster brings a sandbox up, takes it down and tells how it is. It
// is where the other packages of this module are put together, and may import
// all of them.
package cluster
