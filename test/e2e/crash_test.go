//go:build e2e || sandbox

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestACrashOfWhatIsLive: a container that ends with an error long after its rollout is
// told of, and that it runs again.
func TestACrashOfWhatIsLive(t *testing.T) {
	p := synced(t)
	events := filepath.Join(t.TempDir(), "events.jsonl")
	p.start("--events", events)
	p.live()
	pod := p.running()[0]
	p.ask(pod, "/exit")
	eventually(t, "the crash and its end in the events", func() error {
		data, err := os.ReadFile(events)
		if err != nil {
			return err
		}
		var got []string
		for line := range strings.Lines(string(data)) {
			var e struct {
				Type  string
				Event struct {
					Release, Pod, Container string
					ExitCode                int `json:"exit_code"`
					Over                    bool
				}
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				return err
			}
			if c := e.Event; e.Type == "crashed" {
				got = append(got, fmt.Sprintf("%s %s %s %d %v", c.Release, c.Pod, c.Container, c.ExitCode, c.Over))
			}
		}
		want := fmt.Sprintf("web %s web 1 false, web %s web 1 true", pod, pod)
		if text := strings.Join(got, ", "); text != want {
			return fmt.Errorf("told %q, want %q", text, want)
		}
		return nil
	})
}
