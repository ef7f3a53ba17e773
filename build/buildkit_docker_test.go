//go:build sandbox

package build

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/sync/errgroup"
)

func TestRealContextIsSentOnce(t *testing.T) {
	cli := realDocker(t)
	files := map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", ".dockerignore": "**/*.log\nDockerfile\n.dockerignore\n"}
	for i := range 200 {
		files[fmt.Sprintf("d%d/f%d", i%10, i)] = rand.Text()
		files[fmt.Sprintf("d%d/f%d.log", i%10, i)] = "no input"
	}
	root := folder(t, files)
	s := Spec{Name: "devloop-test/sent", Context: root}
	if got := mustBuild(t, cli, s, inputs(t, s)).Sent; got.Files != 200 || got.Took <= 0 {
		t.Errorf("first build: sent %+v, want 200 files and how long that took", got)
	}
	steps := map[string]struct {
		edit  func()
		files int
		bytes int64
	}{
		"an edit":   {func() { put(t, filepath.Join(root, "d1", "f1"), "edited") }, 1, 6},
		"a removal": {func() { os.Remove(filepath.Join(root, "d2", "f2")) }, 0, 0},
		"a rename":  {func() { os.Rename(filepath.Join(root, "d3", "f3"), filepath.Join(root, "d3", "g3")) }, 1, 26},
		"a mode":    {func() { os.Chmod(filepath.Join(root, "d4", "f4"), 0o755) }, 1, 26},
		"a link":    {func() { os.Symlink("f5", filepath.Join(root, "d5", "l5")) }, 0, 0},
	}
	for name, step := range steps {
		step.edit()
		img := mustBuild(t, cli, s, inputs(t, s))
		if img.Sent.Files != step.files || img.Sent.Bytes != step.bytes || !img.Built {
			t.Errorf("%s: sent %+v, want %d files of %d bytes", name, img.Sent, step.files, step.bytes)
		}
	}
	got := contents(t, cli, mustBuild(t, cli, s, inputs(t, s)).Ref)
	if len(got) != 199 || got["d1/f1"] != "edited" || got["d3/g3"] != files["d3/f3"] || got["d2/f2"] != "" {
		t.Errorf("the image has %d files, d1/f1 says %q", len(got), got["d1/f1"])
	}
}

func TestRealRunReadsASecretThatNobodySees(t *testing.T) {
	cli := realDocker(t)
	value := "s3cret-" + rand.Text()
	t.Setenv("DEVLOOP_TEST_SECRET", value)
	file := filepath.Join(t.TempDir(), "npmrc")
	put(t, file, "line one\n"+value+"-of-a-file\n")
	s := onShell(t, "secret", map[string]string{"Dockerfile": "FROM shell\nARG N\nRUN --mount=type=secret,id=token --mount=type=secret,id=npmrc cat /run/secrets/token && cat /run/secrets/npmrc && copy /run/secrets/token /got && echo $N\n"})
	s.Secrets = []Secret{{ID: "token", Env: "DEVLOOP_TEST_SECRET"}, {ID: "npmrc", File: file}}
	s.Args = map[string]string{"N": rand.Text()}
	in := inputs(t, s)
	var said []string
	img, err := NewDocker(cli).Build(t.Context(), s, in, func(s Step) { said = append(said, fmt.Sprintf("%+v", s)) })
	if err != nil {
		t.Fatal(err)
	}
	remove(t, cli, img.Ref)
	if got := contents(t, cli, img.Ref)["got"]; got != value {
		t.Errorf("the step read %q, want the secret", got)
	}
	if all := strings.Join(said, "\n"); strings.Contains(all, value) || strings.Count(all, "***") < 2 {
		t.Errorf("progress\n%s\nwant *** for the secrets", all)
	}

	put(t, file, "another\n")
	t.Setenv("DEVLOOP_TEST_SECRET", "another")
	if again, err := NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil); err != nil || again.Built || again.Ref != img.Ref {
		t.Errorf("with other secrets: %+v, error %v; want the same image", again, err)
	}
}

func TestRealFailedStepTellsOutputAndLineButNoSecret(t *testing.T) {
	value := "s3cret-" + rand.Text()
	t.Setenv("DEVLOOP_TEST_SECRET", value)
	s := onShell(t, "fails", map[string]string{"Dockerfile": "FROM shell AS one\nRUN echo fine\n\nFROM one\nRUN echo two\n# here\nRUN --mount=type=secret,id=token echo compiling && \\\n  cat /run/secrets/token && exit 3\n"})
	s.Secrets = []Secret{{ID: "token", Env: "DEVLOOP_TEST_SECRET"}}
	_, err := NewDocker(realDocker(t)).Build(t.Context(), s, inputs(t, s), nil)
	var failed *BuildError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a *BuildError", err)
	}
	if failed.Line != 7 || failed.Output != "compiling\n***" || !strings.Contains(failed.Message, "exit code: 3") {
		t.Errorf("line %d, message %q, output %q", failed.Line, failed.Message, failed.Output)
	}
	if strings.Contains(err.Error(), value) {
		t.Errorf("the error tells the secret:\n%v", err)
	}
}

func TestRealFrontendThatCannotBeFetchedIsNamed(t *testing.T) {
	s := Spec{Name: "devloop-test/syntax", Context: folder(t, map[string]string{"Dockerfile": "# syntax=localhost:1/no-such-frontend:1\nFROM scratch\nCOPY . /\n"})}
	_, err := NewDocker(realDocker(t)).Build(t.Context(), s, inputs(t, s), nil)
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Line != 1 || failed.Step != "# syntax=localhost:1/no-such-frontend:1" || !strings.Contains(failed.Message, "own frontend") {
		t.Errorf("error %v, want one that names the line", err)
	}
}

func TestRealAgentAndCacheReachAStep(t *testing.T) {
	cli := realDocker(t)
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	socket, _ := relay(t, func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		serving.Go(func() {
			agent.ServeAgent(agent.NewKeyring(), there)
			there.Close()
		})
		return here, nil
	}, func(net.Conn, net.Conn) {}, io.Discard)
	s := onShell(t, "mounts", map[string]string{"Dockerfile": "FROM shell\nARG N\nRUN --mount=type=ssh agent && echo $N\nRUN --mount=type=cache,id=ID,target=/cache append /cache/n x && copy /cache/n /n\n"})
	put(t, filepath.Join(s.Context, "Dockerfile"), strings.Replace(read(t, filepath.Join(s.Context, "Dockerfile")), "ID", rand.Text(), 1))
	s.SSH = []string{"default=" + socket}
	for _, want := range []string{"x", "xx"} {
		s.Args = map[string]string{"N": rand.Text()}
		if got := contents(t, cli, mustBuild(t, cli, s, inputs(t, s)).Ref)["n"]; got != want {
			t.Errorf("with the cache of the builds before the step made %q, want %q", got, want)
		}
	}
}

func TestRealBuildOnAnotherImageOfTheProject(t *testing.T) {
	cli := realDocker(t)
	base := Spec{Name: "devloop-test/base", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n"})}
	const dockerfile = "ARG ON=base\nFROM ${ON} AS base2\nFROM scratch\nCOPY --from=base2 /a /from-stage\nCOPY --from=base /a /from-image\nCOPY Dockerfile /\n"
	bothBuilders(t, func(t *testing.T, engine Engine) {
		put(t, filepath.Join(base.Context, "a"), "one "+rand.Text())
		first := mustBuild(t, engine, base, inputs(t, base))
		s := Spec{Name: "devloop-test/dependent", Context: folder(t, map[string]string{"Dockerfile": dockerfile}), Bases: map[string]string{"base": first.Ref}}
		img := mustBuild(t, engine, s, inputs(t, s))
		got := contents(t, cli, img.Ref)
		want := read(t, filepath.Join(base.Context, "a"))
		if got["from-stage"] != want || got["from-image"] != want {
			t.Errorf("the image has %q and %q, want %q", got["from-stage"], got["from-image"], want)
		}
		if got["Dockerfile"] != dockerfile {
			t.Errorf("COPY saw the Dockerfile\n%s\nwant it as it was written", got["Dockerfile"])
		}
		put(t, filepath.Join(base.Context, "a"), "two")
		s.Bases["base"] = mustBuild(t, engine, base, inputs(t, base)).Ref
		again := mustBuild(t, engine, s, inputs(t, s))
		if again.Ref == img.Ref || contents(t, cli, again.Ref)["from-image"] != "two" {
			t.Errorf("on another base: %s, before %s", again.Ref, img.Ref)
		}
	})
}

func TestRealBaseImageIsPartOfTheTag(t *testing.T) {
	cli := realDocker(t)
	base := Spec{Name: "devloop-test/outer", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n"})}
	s := Spec{Name: "devloop-test/inner", Context: folder(t, map[string]string{"Dockerfile": "FROM devloop-test/outer:1\n"})}
	remove(t, cli, "devloop-test/outer:1")
	in := inputs(t, s)
	refs := map[string]string{s.Ref(in): ""}
	for _, text := range []string{"one " + rand.Text(), "two " + rand.Text()} {
		put(t, filepath.Join(base.Context, "a"), text)
		if err := cli.ImageTag(t.Context(), mustBuild(t, cli, base, inputs(t, base)).Ref, "devloop-test/outer:1"); err != nil {
			t.Fatal(err)
		}
		img := mustBuild(t, cli, s, in)
		if _, known := refs[img.Ref]; known || contents(t, cli, img.Ref)["a"] != text {
			t.Errorf("%s, of %q: it has %q", img.Ref, text, contents(t, cli, img.Ref)["a"])
		}
		refs[img.Ref] = text
	}
}

func TestRealBuildsOfOneImageAtOnce(t *testing.T) {
	cli := realDocker(t)
	s := Spec{Name: "devloop-test/atonce", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", "a": rand.Text()})}
	in := inputs(t, s)
	remove(t, cli, s.Ref(in))
	ids := make([]string, 4)
	var g errgroup.Group
	for i := range ids {
		g.Go(func() error {
			img, err := NewDocker(cli).Build(t.Context(), s, in, nil)
			ids[i] = img.ID
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("ids %q, want one", ids)
		}
	}
}

// cutOff is a way to the sandbox's daemon that can be cut, as when it is stopped, and
// on which all that is under way can be dropped, as when it is restarted.
func cutOff(t *testing.T) (host string, cut, drop func()) {
	t.Helper()
	var mu sync.Mutex
	var conns []net.Conn
	socket, refuse := relay(t, realDocker(t).Dialer(), func(in, out net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, in, out)
	}, io.Discard)
	drop = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			c.Close()
		}
		conns = nil
	}
	cut = sync.OnceFunc(func() {
		refuse()
		drop()
	})
	t.Cleanup(cut)
	return "unix://" + socket, cut, drop
}

func TestRealDaemonThatGoesAwayIsNamed(t *testing.T) {
	host, cut, _ := cutOff(t)
	cli, err := Connect(t.Context(), ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": host})})
	if err != nil {
		t.Fatal(err)
	}
	defer cli.Close()
	s := onShell(t, "gone", map[string]string{"Dockerfile": "FROM shell\nRUN echo waiting && sleep 1h\n"})
	var since time.Time
	_, err = NewDocker(cli).Build(t.Context(), s, inputs(t, s), func(s Step) {
		if s.Output == "waiting" {
			since = time.Now()
			cut()
		}
	})
	var failed *BuildError
	if err == nil || errors.As(err, &failed) || !strings.Contains(err.Error(), "docker went away during the build") {
		t.Errorf("error %v, want one that names docker", err)
	}
	if took := time.Since(since); took > 5*time.Second {
		t.Errorf("it took %v to notice", took)
	}
	if _, err = NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil); err == nil {
		t.Error("no error of a daemon that is gone")
	}
}

func TestRealSlowStepIsToldWhileItRuns(t *testing.T) {
	s := onShell(t, "slow", map[string]string{"Dockerfile": "FROM shell\nARG N\nRUN sleep 3s && echo $N\n"})
	s.Args = map[string]string{"N": rand.Text()}
	var states []string
	img, err := NewDocker(realDocker(t)).Build(t.Context(), s, inputs(t, s), func(s Step) {
		if strings.Contains(s.Name, "RUN") {
			states = append(states, string(s.State))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	remove(t, realDocker(t), img.Ref)
	states = slices.CompactFunc(states, func(a, b string) bool { return a == b && a == string(StepRunning) }) // on a slow machine
	if got := strings.Join(states, " "); got != "began running printed done" {
		t.Errorf("told %q", got)
	}
}
