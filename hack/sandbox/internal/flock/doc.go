// Package flock is a lock between processes, held by a file: it is released
// by the kernel when its holder dies, so nobody is ever stuck behind a dead
// run. It imports no other package of this module.
package flock
