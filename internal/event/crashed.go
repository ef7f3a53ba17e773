package event

import "fmt"

// Crashed: a container of a release ended with an error, at any time; or, with Over,
// one that did runs again or its pod is gone.
type Crashed struct {
	Release   string `json:"release"`
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Container string `json:"container"`
	ExitCode  int    `json:"exit_code"`
	Reason    string `json:"reason,omitempty"` // the cluster's word for it, such as Error or OOMKilled
	Restarts  int    `json:"restarts"`         // so far
	Over      bool   `json:"over,omitempty"`
}

// Kind implements Event.
func (Crashed) Kind() string { return "crashed" }

// Where names the container.
func (c Crashed) Where() string { return fmt.Sprintf("%s of pod %s", c.Container, c.Pod) }

// How says in words how it ended.
func (c Crashed) How() string {
	text := fmt.Sprintf("exit code %d", c.ExitCode)
	if c.Reason != "" && c.Reason != "Error" {
		text = c.Reason + ", " + text
	}
	switch c.Restarts {
	case 0:
		return text
	case 1:
		return text + ", restarted once"
	}
	return fmt.Sprintf("%s, restarted %d times", text, c.Restarts)
}
