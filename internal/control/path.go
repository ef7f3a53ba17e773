package control

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Path is where the socket of a project lies; file is the absolute path of its
// devloop.yaml. It is in a folder of this user alone, which is made, below the
// folder for temporary files: that is the same in every shell, which
// XDG_RUNTIME_DIR is not. The name is a digest, since a socket's path may have
// about 100 bytes only.
func Path(file string) (string, error) {
	dir := os.TempDir()
	dir = filepath.Join(dir, fmt.Sprintf("devloop-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the control socket: %w", err)
	}
	if err := private(dir); err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
		file = filepath.Join(folder, filepath.Base(file)) // it may be made later
	}
	sum := sha256.Sum256([]byte(file))
	return filepath.Join(dir, hex.EncodeToString(sum[:8])+".sock"), nil
}
