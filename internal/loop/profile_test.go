package loop

import (
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

func TestASavedProfileConcernsWhatItChanges(t *testing.T) {
	r := newRig(t)
	r.parse = func(path string, data []byte) (*config.Project, error) {
		return config.ParseWith(path, data, config.Choice{Profiles: []string{"big"}})
	}
	with := func(n string) string {
		return project + "profiles:\n  big: {releases: {base: {set: {a: " + n + "}}}}\n  other: {releases: {admin: {set: {a: " + n + "}}}}\n"
	}
	r.write("devloop.yaml", with("1"))
	r.start()
	r.verdict(event.Live)
	r.noticed("profile big is in force")
	r.work()
	r.save("devloop.yaml", with("2"))
	r.verdict(event.Live)
	r.want("apply base")
	if s := r.snapshot(); len(s.Profiles) != 1 || s.Profiles[0] != "big" {
		t.Errorf("profiles %q", s.Profiles)
	}
}
