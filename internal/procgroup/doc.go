// Package procgroup runs a command in a process group of its own, so that it ends
// with all that it started. A Ctrl-C in the terminal does not reach it by itself.
//
// It imports nothing of devloop.
package procgroup
