package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"

	"github.com/devloop-dev/devloop/internal/loop"
)

func TestStatusCountsPodsOrElseObjects(t *testing.T) {
	for want, r := range map[string]loop.ReleaseState{
		"1/3 pods ready":    {Revision: 1, Ready: 0, Total: 1, PodsReady: 1, Pods: 3},
		"1/2 objects ready": {Revision: 1, Ready: 1, Total: 2},
	} {
		var b bytes.Buffer
		if err := drawStatus(&b, lipgloss.NewRenderer(&b), loop.Snapshot{Releases: []loop.ReleaseState{r}}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%v, want %q:\n%s", err, want, &b)
		}
	}
}
