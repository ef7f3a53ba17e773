package plan

import (
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

func TestMakeSyncs(t *testing.T) {
	built := tree("app/main.go", "app/web/a", "app/web/b")
	syncs := func(path string) bool { return strings.HasPrefix(path, "app/web/") }
	tests := map[string]struct {
		was  Image
		now  digest.Tree
		none bool // nothing is under sync
		want string
	}{
		"a file under sync": {
			Image{Inputs: built, Overlay: &Overlay{Built: built}}, save("app/web/a")(built), false,
			"sync app: app/web/a changed"},
		"a new one and one that is gone": {
			Image{Inputs: built, Overlay: &Overlay{Built: built}}, built.Without("app/web/a").With("app/web/c", "1"), false,
			"sync app: app/web/a, app/web/c changed"},
		"without rules it is a rebuild": {
			Image{Inputs: built, Overlay: &Overlay{Built: built}}, save("app/web/a")(built), true,
			"rebuild app: app/web/a changed"},
		"without an image in place, too": {
			Image{Inputs: built}, save("app/web/a")(built), false,
			"rebuild app: app/web/a changed"},
		"another file says nothing of sync": {
			Image{Inputs: built, Overlay: &Overlay{Built: built}}, save("app/main.go")(built), false,
			"rebuild app: app/main.go changed"},
		"both": {
			Image{Inputs: built, Overlay: &Overlay{Built: built}}, save("app/web/a")(save("app/main.go")(built)), false,
			"rebuild app: app/main.go, app/web/a changed; no sync: app/main.go is not under sync"},
		"another file while some are synced": {
			Image{Inputs: save("app/web/a")(built), Overlay: &Overlay{Built: built}}, save("app/web/a")(save("app/main.go")(built)), false,
			"rebuild app: app/main.go changed; no sync: app/main.go is not under sync"},
		"an undo is a sync": {
			Image{Inputs: save("app/web/a")(built), Overlay: &Overlay{Built: built}}, built, false,
			"sync app: app/web/a changed"},
		"an undo of what was never built": {
			Image{Inputs: save("app/main.go")(built), Overlay: &Overlay{Built: built}}, built, false,
			"sync app: app/main.go changed"},
		"what is synced already": {
			Image{Inputs: save("app/web/a")(built), Overlay: &Overlay{Built: built}}, save("app/web/a")(built), false, ""},
		"a copy that was cut": {
			Image{Inputs: built, Overlay: &Overlay{Built: built, Again: true}}, built, false,
			"sync app: is not in line yet"},
		"a copy that failed": {
			Image{Inputs: built, Overlay: &Overlay{Built: built, Barred: "read-only"}}, save("app/web/a")(built), false,
			"rebuild app: app/web/a changed; no sync: read-only"},
		"a copy that failed and was undone": {
			Image{Inputs: built, Overlay: &Overlay{Built: built, Barred: "read-only"}}, built, false,
			"rebuild app: is not in line yet; no sync: read-only"},
		"a command that was cut may have written anything": {
			Image{Inputs: built, Again: true, Overlay: &Overlay{Built: built}}, save("app/web/a")(built), false,
			"rebuild app: app/web/a changed"},
		"another base": {
			Image{Inputs: built, Images: map[string]string{"base": "base:1"}, Overlay: &Overlay{Built: built}}, save("app/web/a")(built), false,
			"rebuild app: app/web/a changed; image base is now base:2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			now := Image{Inputs: tt.now, Syncs: syncs}
			if tt.none {
				now.Syncs = nil
			}
			if tt.was.Images != nil {
				now.Images = map[string]string{"base": "base:2"}
			}
			got := ""
			for _, a := range Make(State{Images: map[string]Image{"app": tt.was}}, State{Images: map[string]Image{"app": now}}) {
				got += string(a.Do) + " " + a.Target + ": " + a.Why()
			}
			if got != tt.want {
				t.Errorf("plan %q, want %q", got, tt.want)
			}
		})
	}
}

// A sync is no build: what an upgrade beside it says of builds stays true.
func TestSyncBesideAnUpgrade(t *testing.T) {
	before, after := shop(), shop()
	app := before.Images["app"]
	app.Overlay = &Overlay{Built: app.Inputs}
	before.Images["app"] = app
	after.image("app", save("app/main.go"))
	im := after.Images["app"]
	im.Syncs = func(string) bool { return true }
	after.Images["app"] = im
	after.release("admin", save("admin/values.yaml"))
	var got []string
	for _, a := range Make(before, after) {
		got = append(got, string(a.Do)+" "+a.Why())
	}
	if want := "sync app/main.go changed, upgrade admin/values.yaml changed; build skipped: no image input changed"; strings.Join(got, ", ") != want {
		t.Errorf("plan %q, want %q", strings.Join(got, ", "), want)
	}
}
