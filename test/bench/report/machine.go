package report

import "fmt"

// Machine is what the figures depend on.
type Machine struct {
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Cores      int    `json:"cores"`
	Memory     int64  `json:"memory_bytes"` // 0: unknown
	Go         string `json:"go"`
	Kubernetes string `json:"kubernetes"`
	Helm       string `json:"helm"`
}

// String is the machine in words.
func (m Machine) String() string {
	memory := ""
	if m.Memory > 0 {
		memory = fmt.Sprintf(", %.0f GiB of memory", float64(m.Memory)/(1<<30))
	}
	return fmt.Sprintf("%s/%s, %d cores%s, Kubernetes %s, helm %s, %s", m.OS, m.Arch, m.Cores, memory, m.Kubernetes, m.Helm, m.Go)
}
