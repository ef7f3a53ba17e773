//go:build linux

package proc

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// sleeper starts a process that lives until the test ends.
func sleeper(t *testing.T) Identity {
	t.Helper()
	cmd := exec.Command("sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	id, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAliveTellsProcessesApart(t *testing.T) {
	id := sleeper(t)
	if !id.Alive() {
		t.Fatal("a running process is not alive")
	}
	earlier, otherBoot := id, id
	earlier.Start--
	otherBoot.Boot = "another"
	for what, other := range map[string]Identity{
		"an earlier process of the same number": earlier,
		"a process of another boot":             otherBoot,
		"no process":                            {},
	} {
		if other.Alive() {
			t.Errorf("%s is taken for the running one", what)
		}
	}
}

func TestAZombieIsNotAlive(t *testing.T) {
	cmd := exec.Command("sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// Nobody has collected it yet: it keeps its number.
	for deadline := time.Now().Add(10 * time.Second); id.Alive(); {
		if time.Now().After(deadline) {
			t.Fatal("a process that was killed is alive while nobody has waited for it")
		}
	}
	_ = cmd.Wait()
}

func TestKillLeavesANewOwnerOfTheNumberAlone(t *testing.T) {
	id := sleeper(t)
	stale := id
	stale.Start--
	if err := Kill(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	if !id.Alive() {
		t.Error("a process was killed because an older one had its number")
	}
}

func TestStartedDaemonIsFoundAgainAndKilled(t *testing.T) {
	dir := t.TempDir()
	record, err := Start(Command{
		Argv: []string{"/bin/sh", "-c", "echo hello; exec sleep 300"},
		Env:  []string{"PATH=/usr/bin:/bin"}, Log: filepath.Join(dir, "d.log"), Digest: "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "run", "d.json")
	if err := record.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded := Load(path)
	if !loaded.Alive() || loaded.Identity != record.Identity || loaded.Digest != "x" {
		t.Errorf("loaded %+v, want %+v, alive", loaded, record)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for log := ""; log != "hello\n"; {
		data, err := os.ReadFile(filepath.Join(dir, "d.log"))
		if err != nil || ctx.Err() != nil {
			t.Fatalf("log %q, error %v, want hello", data, err)
		}
		log = string(data)
	}
	if err := Stop(ctx, time.Second, loaded.Identity); err != nil {
		t.Fatal(err)
	}
	if loaded.Alive() {
		t.Error("alive after Stop")
	}
}

func TestLoadOfABrokenRecordIsNoProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, []byte(`{"pid": 1`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".missing"} {
		if record := Load(p); record.Alive() {
			t.Errorf("%s is of the living process %+v", p, record)
		}
	}
}

func TestStartTime(t *testing.T) {
	tail := " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"
	for _, test := range []struct {
		stat string
		want uint64
		ok   bool
	}{
		{"12 (sleep)" + tail, 4711, true},
		{"12 (a) b (c) R)" + tail, 4711, true},
		{"12 (sleep) Z" + tail[2:], 0, false},
		{"12 (sleep) S 1 2", 0, false},
		{"nothing", 0, false},
	} {
		got, err := startTime([]byte(test.stat))
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%q: got %d, %v, want %d, ok %v", test.stat, got, err, test.want, test.ok)
		}
	}
}
