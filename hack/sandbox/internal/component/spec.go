package component

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/layout"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/netplan"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/probe"
)

// Site is what the specifications of all components are made from.
type Site struct {
	Layout   layout.Layout
	Settings netplan.Settings
	// Kube is the all-in-one Kubernetes binary.
	Kube string
	// Containerd and Dockerd are the paths of these programs; Dockerd is
	// empty where another docker engine serves.
	Containerd, Dockerd string
	// CNIPlugins is the directory with the CNI plugins.
	CNIPlugins string
	// PauseImage is the reference of the image that holds pods' namespaces.
	PauseImage string
	// NameServers are where CoreDNS sends what is not of the cluster.
	NameServers []string
}

// File is a configuration file of a component.
type File struct {
	Path string
	Data []byte
}

// Spec is one component.
type Spec struct {
	// Name is unique and names the record and the log file.
	Name string
	// Argv is the program, by absolute path, and its arguments.
	Argv []string
	// Dirs must be there before the start.
	Dirs []string
	// Files must be written before the start.
	Files []File
	// Sockets are Unix sockets it makes; one that a dead process left is
	// removed before the start.
	Sockets []string
	// Registries is true where it speaks to image registries and so needs the
	// machine's proxy settings.
	Registries bool
	// Tables are the packet filter's tables that it makes, as "FAMILY NAME";
	// those that a dead process left are removed before the start.
	Tables []string
	// Healthy asks the component.
	Healthy probe.Func
}

// Digest is of everything that would be another daemon if it changed.
func (s Spec) Digest() string {
	sum := sha256.New()
	for _, arg := range s.Argv {
		fmt.Fprintf(sum, "arg %q\n", arg)
	}
	for _, file := range s.Files {
		fmt.Fprintf(sum, "file %q %q\n", file.Path, file.Data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// Write makes the directories and writes the files of the component.
func (s Spec) Write() error {
	for _, dir := range s.Dirs {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return fmt.Errorf("preparing %s: %w", s.Name, err)
		}
	}
	for _, file := range s.Files {
		if have, err := os.ReadFile(file.Path); err == nil && bytes.Equal(have, file.Data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file.Path), 0o755); err != nil {
			return fmt.Errorf("preparing %s: %w", s.Name, err)
		}
		if err := os.WriteFile(file.Path, file.Data, 0o600); err != nil {
			return fmt.Errorf("preparing %s: %w", s.Name, err)
		}
	}
	for _, socket := range s.Sockets {
		_ = os.Remove(socket)
	}
	return nil
}

// Kubeconfig is the file with the credentials of a user of the API server.
func (s Site) Kubeconfig(user string) string {
	return s.Layout.Path("pki", user+".kubeconfig")
}

// Cert and Key are the files of a certificate.
func (s Site) Cert(name string) string { return s.Layout.Path("pki", name+".crt") }

// Key is the file of a certificate's private key.
func (s Site) Key(name string) string { return s.Layout.Path("pki", name+".key") }

// APIServer is the address of the API server for clients on this machine.
func (s Site) APIServer() string {
	return "https://127.0.0.1:" + s.port(netplan.PortAPIServer)
}

func (s Site) port(which int) string { return strconv.Itoa(s.Settings.Port(which)) }

// local is a URL on the loopback interface.
func (s Site) local(scheme string, port int, path string) string {
	return scheme + "://127.0.0.1:" + s.port(port) + path
}

// document encodes a configuration as JSON, which every reader of YAML reads.
func document(value any) []byte {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		// Only maps, slices, strings, numbers and booleans of this package
		// come here.
		panic(err)
	}
	return append(data, '\n')
}

// Is reports whether a command line is of this component, in this version or
// another one: the same program with the same first argument and, where that
// is a flag, the same value of it.
func (s Spec) Is(argv []string) bool {
	told := 2
	if strings.HasPrefix(s.Argv[1], "-") {
		told = 3
	}
	return len(argv) >= told && filepath.Base(argv[0]) == filepath.Base(s.Argv[0]) &&
		slices.Equal(argv[1:told], s.Argv[1:told])
}
