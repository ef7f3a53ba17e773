//go:build !unix

package watch

import "io/fs"

// fileID is not known here: the system does not tell it with a FileInfo.
type fileID struct{}

func inode(fs.FileInfo) (fileID, bool) { return fileID{}, false }
