package cli

import (
	"path/filepath"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
	"github.com/devloop-dev/devloop/internal/filetest"
)

func TestEachSaveIsWarnedOfOnce(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{"chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 0.1.0\n", "chart/values.yaml": "who: world\n"})
	var said []string
	parse := warning(config.Parse, func(e event.Event) { said = append(said, e.(event.Notice).Text) })
	for i, tt := range []struct {
		set  string
		want int // notices in all
	}{{"who: me", 0}, {"whom: me", 1}, {"whom: me", 1}, {"who: me", 1}, {"whom: me", 2}} {
		text := "apiVersion: devloop/v1\nproject: x\nreleases:\n  web: {chart: chart, set: {" + tt.set + "}}\n"
		if _, err := parse(filepath.Join(dir, "devloop.yaml"), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if len(said) != tt.want {
			t.Errorf("after save %d: %q", i, said)
		}
	}
}
