// Package unasked keeps bubbletea from questioning the terminal before main
// begins. Version 1 asks for the background's colour while packages initialise, in
// every command, and waits five seconds where nothing answers, as in a pseudo
// terminal of a script; what the user types meanwhile is lost. It asks through
// standard output, which is therefore out of sight until it has been there.
// Nothing here uses that colour. Version 2 does not ask any more.
//
// It may import nothing but os: Go initialises packages in the order of their paths
// as soon as what they import is ready, so this one comes before those that
// bubbletea needs (golang.org/x/sys among them).
package unasked

import "os"

var stdout = os.Stdout

func init() { os.Stdout = nil }

// Back puts standard output back. It is called by a package that imports
// bubbletea, in its own initialisation.
func Back() { os.Stdout = stdout }
