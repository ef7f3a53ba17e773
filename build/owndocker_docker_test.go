//go:build sandbox

package build

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// ownDocker is a docker daemon of the test's own, that may come to harm.
type ownDocker struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	said bytes.Buffer
}

// startDocker runs a daemon whose data may have so many bytes.
func startDocker(t *testing.T, size string) *ownDocker {
	t.Helper()
	dir, err := os.MkdirTemp("", "d")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	d := &ownDocker{t: t, dir: dir}
	d.start()
	t.Cleanup(d.stop)
	return d
}

func (d *ownDocker) host() string { return "unix://" + filepath.Join(d.dir, "s") }

func (d *ownDocker) start() {
	d.t.Helper()
	at := func(name string) string { return filepath.Join(d.dir, name) }
	d.cmd = exec.Command("dockerd", "--config-file="+at("docker.json"), "--data-root="+at("data"), "--exec-root="+at("run"), "--pidfile="+at("pid"),
		"--host="+d.host(), "--bridge=none", "--iptables=false", "--ip6tables=false")
	if err := os.WriteFile(at("docker.json"), []byte(`{"features": {"buildkit": true}}`), 0o600); err != nil {
		d.t.Fatal(err)
	}
	// A killed daemon takes its containerd along. Where nobody has reaped that one yet,
	// the next daemon would take it for running, and wait for it.
	if err := os.Remove(at("run/containerd/containerd.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
	d.cmd.Stdout, d.cmd.Stderr = &d.said, &d.said
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

// stop ends the daemon and what it started.
func (d *ownDocker) stop() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	d.cmd.Wait()
}

func (d *ownDocker) connect() *client.Client {
	d.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		cli, err := Connect(d.t.Context(), ConnectOptions{Env: env(d.t, map[string]string{"DOCKER_HOST": d.host()})})
		if err == nil {
			d.t.Cleanup(func() { cli.Close() })
			return cli
		}
		if time.Now().After(deadline) {
			d.stop()
			d.t.Fatalf("%v\n%s", err, &d.said)
		}
	}
}

func TestRealDiskThatIsFullIsToldAndTheNextBuildWorks(t *testing.T) {
	cli := startDocker(t, "64m").connect()
	s := Spec{Name: "devloop-test/full", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", "text": "one"})}
	large := make([]byte, 80*mega)
	rand.Read(large)
	put(t, filepath.Join(s.Context, "large"), string(large))
	in := inputs(t, s)
	_, err := NewDocker(cli).Build(t.Context(), s, in, nil)
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(err.Error(), s.Name) {
		t.Errorf("error %v, want one of a full disk", err)
	}
	absent(t, cli, s.Ref(in))
	if err := os.Remove(filepath.Join(s.Context, "large")); err != nil {
		t.Fatal(err)
	}
	// Docker makes room for it behind its answer.
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		img, err := NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil)
		if err != nil && strings.Contains(err.Error(), "no space left") && time.Now().Before(end) {
			continue
		}
		if err != nil || !img.Built {
			t.Errorf("after that: built %v, error %v", img.Built, err)
		}
		return
	}
}

func TestRealDockerThatIsRestartedBuildsOn(t *testing.T) {
	d := startDocker(t, "512m")
	cli := d.connect()
	for name, engine := range map[string]Engine{"buildkit": cli, "classic": oldDaemon{cli}} {
		t.Run(name, func(t *testing.T) {
			// There is enough to do behind the first step, however late it is told of.
			root := folder(t, map[string]string{"Dockerfile": "FROM scratch\n" + strings.Repeat("COPY text /text\n", 40) + "RUN [\"/none\"]\n", "text": rand.Text()})
			s := Spec{Name: "devloop-test/restarted", Context: root}
			_, err := NewDocker(engine).Build(t.Context(), s, inputs(t, s), func(s Step) {
				if strings.Contains(s.Name, "COPY") && s.State == StepBegan {
					d.cmd.Process.Kill()
					d.cmd.Wait()
				}
			})
			var failed *BuildError
			if err == nil || errors.As(err, &failed) || !strings.Contains(err.Error(), "docker went away during the build") {
				t.Errorf("error %v, want one that names docker", err)
			}
			d.start()
			d.connect()
			put(t, filepath.Join(root, "Dockerfile"), "FROM scratch\nCOPY text /text\n")
			if img, err := NewDocker(engine).Build(t.Context(), s, inputs(t, s), nil); err != nil || !img.Built {
				t.Errorf("by the old connection after the restart: built %v, error %v", img.Built, err)
			}
		})
	}
}
