// Package filetest lays out the files that a test works on, and holds what it
// made against files, or parts of them, that are kept (golden files). Only tests import it.
//
// It imports nothing of devloop.
package filetest
