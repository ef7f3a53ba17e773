//go:build !linux

package doctor

// systemWatches: other systems have no such limit of their own.
func systemWatches() (watches, bool) { return watches{}, false }
