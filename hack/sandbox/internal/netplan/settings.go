package netplan

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
)

// FirstPort is where looking for free ports begins.
const FirstPort = 26440

// The ports of a sandbox, counted from the first one.
const (
	PortEtcd = iota
	PortEtcdPeer
	PortEtcdMetrics
	PortAPIServer
	PortKubelet
	PortKubeletHealth
	PortControllerManager
	PortScheduler
	PortProxyHealth
	PortProxyMetrics
	PortDNS
	PortDNSHealth
	PortDNSReady
	// PortCount is how many there are.
	PortCount
)

// Settings is what was chosen for a sandbox, and how the machine was before
// it: kept until the sandbox is taken down.
type Settings struct {
	// Base is the network that everything of the sandbox is in.
	Base netip.Prefix `json:"base"`
	// Ports is the first of the sandbox's ports.
	Ports int `json:"ports"`
	// Sysctls holds the values, by path under /proc/sys, that the sandbox
	// changes.
	Sysctls map[string]string `json:"sysctls,omitempty"`
	// Tables are the packet filter's tables that were there before.
	Tables []string `json:"tables,omitempty"`
	// Made are files and directories outside of the state directory that
	// the sandbox's daemons make and that were not there before.
	Made []string `json:"made,omitempty"`
}

// Choose chooses a network and ports that are free on this machine.
func Choose() (Settings, error) {
	used, err := Used()
	if err != nil {
		return Settings{}, err
	}
	base, err := ChooseBase(used)
	if err != nil {
		return Settings{}, err
	}
	ports, err := ChoosePorts(FirstPort, PortCount)
	if err != nil {
		return Settings{}, err
	}
	return Settings{Base: base, Ports: ports}, nil
}

// Load reads settings; the error is of fs.ErrNotExist where there are none.
func Load(path string) (Settings, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	var s Settings
	if err := json.Unmarshal(data, &s); err != nil {
		return Settings{}, fmt.Errorf("reading the settings %s: %w", path, err)
	}
	if _, err := NewPlan(s.Base); err != nil {
		return Settings{}, fmt.Errorf("reading the settings %s: %w", path, err)
	}
	return s, nil
}

// Save writes the settings in one step.
func (s Settings) Save(path string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	return nil
}

// Plan is the division of the network.
func (s Settings) Plan() Plan { return Plan{base: s.Base} }

// Port is one of the ports, given by its Port constant.
func (s Settings) Port(which int) int { return s.Ports + which }
