package build

import "io/fs"

// modeRule says in the digest how modes are packed here.
const modeRule = "all executable"

// packedMode makes every file executable, as docker does for a context sent
// from Windows, where files have no such bit.
func packedMode(fs.FileMode) int64 {
	return 0o755
}
