//go:build !unix

package watch

import "io/fs"

// fileID is not known here: the system does not tell it with a FileInfo.
type fileID struct{}

func inode(fs.FileInfo) (fileID, bool) { return fileID{}, false }

func device(fs.FileInfo) (uint64, bool) { return 0, false }

func names(fs.FileInfo) uint64 { return 1 }
