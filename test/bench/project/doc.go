// Package project writes the projects that are benchmarked: charts of a known
// size and shape, with one place in each that an edit changes. The same size
// gives the same bytes on every machine.
//
// It imports nothing of devloop.
package project
