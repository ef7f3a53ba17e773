//go:build !linux && !darwin

package watch

import "io/fs"

// fileSystem is not known here.
func fileSystem(fs.FileInfo) string { return "" }
