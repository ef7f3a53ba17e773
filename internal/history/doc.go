// Package history keeps what came of each change, a line of JSON each, in a bounded
// file for each project, and works out from it how long changes take.
//
// It imports event, whose stream it listens to, digest and stat.
package history
