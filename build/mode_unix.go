//go:build !windows

package build

import "io/fs"

// modeRule says in the digest how modes are packed here.
const modeRule = "executable bit"

// packedMode keeps whether a file is executable and nothing else: the digest
// knows no more, and a umask must not change an image.
func packedMode(mode fs.FileMode) int64 {
	if mode&0o111 != 0 {
		return 0o755
	}
	return 0o644
}
