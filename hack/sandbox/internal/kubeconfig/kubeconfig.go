package kubeconfig

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// Config is what a kubeconfig says.
type Config struct {
	// Name is the name of the context, of the cluster and of the user.
	Name string
	// Server is the address of the API server, https://HOST:PORT.
	Server string
	// Authority, Cert and Key are PEM.
	Authority, Cert, Key []byte
}

// Bytes is the file's content.
func (c Config) Bytes() []byte {
	base64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: %[1]s
  cluster:
    server: %[2]s
    certificate-authority-data: %[3]s
users:
- name: %[1]s
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: %[1]s
  context:
    cluster: %[1]s
    user: %[1]s
current-context: %[1]s
`, c.Name, c.Server, base64(c.Authority), base64(c.Cert), base64(c.Key))
}

// Write writes the file at path, mode 0600, in one step, and leaves alone one
// that says the same already.
func (c Config) Write(path string) error {
	want := c.Bytes()
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, want) {
		return os.Chmod(path, 0o600)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".kubeconfig-*")
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.Write(want); err != nil {
		temporary.Close()
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return nil
}
