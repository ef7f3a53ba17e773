package experiment

import (
	"os/exec"
	"strings"
)

// Missing are the commands that the arm needs and that are not in PATH.
func (a Arm) Missing() []string {
	var out []string
	for _, name := range a.Needs {
		if _, err := exec.LookPath(name); err != nil {
			out = append(out, name)
		}
	}
	return out
}

// Possible are the arms that can be run here, by name, and why others cannot, in a
// line each.
func (s *Spec) Possible() (names, why []string) {
	for _, a := range s.Arms {
		if missing := a.Missing(); len(missing) > 0 {
			why = append(why, "arm "+a.Name+" is left out: "+strings.Join(missing, " and ")+" not in PATH")
			continue
		}
		names = append(names, a.Name)
	}
	return names, why
}
