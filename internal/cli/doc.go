// Package cli holds devloop's commands, one a file. They read flags, put the
// packages together and turn errors into exit codes; what devloop does is
// elsewhere.
//
// It may import everything; only cmd/devloop imports it.
package cli
