//go:build sandbox

package build

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// realDocker is the sandbox's docker daemon.
func realDocker(t testing.TB) *client.Client {
	t.Helper()
	cli, err := Connect(t.Context(), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cli.Close() })
	return cli
}

// remove takes an image out of docker when the test ends.
func remove(t testing.TB, cli *client.Client, ref string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := cli.ImageRemove(ctx, ref, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil && !errdefs.IsNotFound(err) {
			t.Error(err)
		}
	})
}

func mustBuild(t testing.TB, cli *client.Client, s Spec, in Inputs) Image {
	t.Helper()
	remove(t, cli, s.Ref(in))
	img, err := NewDocker(cli).Build(t.Context(), s, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// contents are the files of an image: path -> content.
func contents(t *testing.T, cli *client.Client, ref string) map[string]string {
	t.Helper()
	saved, err := cli.ImageSave(t.Context(), []string{ref})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	files := map[string]string{}
	for name, text := range untar(t, saved) {
		if strings.HasSuffix(name, "/layer.tar") || strings.HasPrefix(name, "blobs/") && !json.Valid([]byte(text)) {
			for name, text := range untar(t, strings.NewReader(text)) {
				files[name] = text
			}
		}
	}
	return files
}

func untar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			files[h.Name] = string(text)
		}
	}
}

func TestRealBuildOnceForEachContent(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "ARG WHAT\nFROM scratch\nARG WHAT\nCOPY $WHAT.txt /greeting\n", "hello.txt": "hello " + t.TempDir(), "bye.txt": "bye"})
	s := Spec{Name: "devloop-test/once", Context: root, Args: map[string]string{"WHAT": "hello"}}
	in := inputs(t, s)
	var steps []string
	remove(t, cli, s.Ref(in))
	first, err := NewDocker(cli).Build(t.Context(), s, in, func(s Step) { steps = append(steps, s.Text) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"[1/4] ARG WHAT", "[2/4] FROM scratch", "[3/4] ARG WHAT", "[4/4] COPY $WHAT.txt /greeting"}; !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
	if text := contents(t, cli, first.Ref)["greeting"]; text != read(t, filepath.Join(root, "hello.txt")) {
		t.Errorf("the image says %q", text)
	}
	second := mustBuild(t, cli, s, in)
	if !first.Built || second.Built || second.ID != first.ID {
		t.Errorf("first %+v, second %+v", first, second)
	}
	put(t, filepath.Join(root, "hello.txt"), "hello again")
	third := mustBuild(t, cli, s, inputs(t, s))
	if third.Ref == first.Ref || contents(t, cli, third.Ref)["greeting"] != "hello again" {
		t.Errorf("third %+v", third)
	}
	if text := contents(t, cli, first.Ref)["greeting"]; text == "hello again" {
		t.Error("the first tag means two contents")
	}
}

func TestRealBuildSeesWhatTheRulesLeave(t *testing.T) {
	tests := map[string]struct {
		files      map[string]string
		dockerfile string
		want       []string
	}{
		"no rules":         {map[string]string{"c/Dockerfile": "FROM scratch\nCOPY . /\n", "c/a": "a"}, "c/Dockerfile", []string{"Dockerfile", "a"}},
		"hidden":           {map[string]string{"c/Dockerfile": "FROM scratch\nCOPY . /\n", "c/.dockerignore": "Dockerfile\n.dockerignore\nout\n!out/b", "c/a": "a", "c/out/b": "b", "c/out/c": "c"}, "c/Dockerfile", []string{"a", "out/b"}},
		"outside":          {map[string]string{"d": "FROM scratch\nCOPY . /\n", "c/a": "a", "c/x/y": "y"}, "d", []string{"a", "x/y"}},
		"own ignore file":  {map[string]string{"c/d": "FROM scratch\nCOPY . /\n", "c/d.dockerignore": "d*", "c/.dockerignore": "a", "c/a": "a"}, "c/d", []string{".dockerignore", "a"}},
		"both are visible": {map[string]string{"c/d": "FROM scratch\nCOPY . /\n", "c/d.dockerignore": "b", "c/a": "a", "c/b": "b"}, "c/d", []string{"a", "d", "d.dockerignore"}},
	}
	cli := realDocker(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := folder(t, tt.files)
			s := Spec{Name: "devloop-test/rules", Context: filepath.Join(root, "c"), Dockerfile: filepath.Join(root, filepath.FromSlash(tt.dockerfile))}
			img := mustBuild(t, cli, s, inputs(t, s))
			if got := names(contents(t, cli, img.Ref)); !slices.Equal(got, tt.want) {
				t.Errorf("the image has %v, want %v", got, tt.want)
			}
		})
	}
}

// Nothing is cached in between: the first image goes with its layers. A folder
// that docker makes for COPY to go into would still carry the time of the build.
func TestRealBuildIsTheSameAgain(t *testing.T) {
	cli := realDocker(t)
	var layers [][]string
	for range 2 {
		s := Spec{Name: "devloop-test/same", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /x\nCOPY . /\n", "a": "same", "b/c/d": "again"})}
		in := inputs(t, s)
		img, err := NewDocker(cli).Build(t.Context(), s, in, nil)
		if err != nil {
			t.Fatal(err)
		}
		info, err := cli.ImageInspect(t.Context(), img.Ref)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, info.RootFS.Layers)
		if _, err := cli.ImageRemove(t.Context(), img.Ref, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil {
			t.Fatal(err)
		}
	}
	if len(layers[0]) != 2 || !slices.Equal(layers[0], layers[1]) {
		t.Errorf("layers %q and %q", layers[0], layers[1])
	}
}

func TestRealBuildFailsAtALine(t *testing.T) {
	tests := map[string]struct {
		dockerfile, target string
		line               int
		step, message      string
	}{
		"COPY of nothing":     {"FROM scratch\n# why\nCOPY a /a\nCOPY missing \\\n  /x\n", "", 4, "COPY missing   /x", "missing"},
		"RUN without a shell": {"FROM scratch AS one\nCOPY a /a\nFROM one\nRUN make\n", "", 4, "RUN make", "/bin/sh"},
		"unknown instruction": {"FROM scratch\n\nCOPPY a /a\n", "", 3, "", "COPPY"},
		"too few arguments":   {"FROM scratch\nCOPY a\n", "", 2, "", "COPY requires at least two arguments"},
		"cannot be parsed":    {"FROM scratch\nENV a\n", "", 2, "", "ENV"},
		"no base image":       {"# none\nFROM devloop-test/no-such-base:1\n", "", 2, "FROM devloop-test/no-such-base:1", ""}, // denied, or no registry reached
		"no stage":            {"FROM scratch\n", "gone", 0, "", "gone"},
	}
	cli := realDocker(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := Spec{Name: "devloop-test/fails", Target: tt.target, Context: folder(t, map[string]string{"Dockerfile": tt.dockerfile, "a": "a"})}
			in := inputs(t, s)
			_, err := NewDocker(cli).Build(t.Context(), s, in, nil)
			var got *BuildError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a *BuildError", err)
			}
			if got.Line != tt.line || got.Step != tt.step || !strings.Contains(got.Message, tt.message) {
				t.Errorf("line %d, step %q, message %q; want %d, %q, %q", got.Line, got.Step, got.Message, tt.line, tt.step, tt.message)
			}
			absent(t, cli, s.Ref(in))
		})
	}
}

func absent(t *testing.T, cli *client.Client, ref string) {
	t.Helper()
	if _, err := cli.ImageInspect(t.Context(), ref); !errdefs.IsNotFound(err) {
		t.Errorf("%s is there, or cannot be asked for: %v", ref, err)
	}
}

func TestRealBuildOfChangedInputsLeavesNoTag(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "before"})
	s := Spec{Name: "devloop-test/changed", Context: root}
	in := inputs(t, s)
	put(t, filepath.Join(root, "a"), "after!")
	if _, err := NewDocker(cli).Build(t.Context(), s, in, nil); !errors.Is(err, ErrInputsChanged) {
		t.Errorf("error %v, want ErrInputsChanged", err)
	}
	absent(t, cli, s.Ref(in))
}

const waiter = `package main

import ("fmt"; "time")

func main() { fmt.Println("waiting"); time.Sleep(time.Hour) }
`

// program compiles a static binary of one file into dir.
func program(t testing.TB, dir, name, source string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(src, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, name), src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestRealBuildIsCancelled(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY waiter /waiter\nRUN [\"/waiter\"]\n"})
	program(t, root, "waiter", waiter)
	s := Spec{Name: "devloop-test/cancelled", Context: root}
	in := inputs(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	var start time.Time
	_, err := NewDocker(cli).Build(ctx, s, in, func(s Step) {
		if s.Text == "waiting" {
			start = time.Now()
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
	absent(t, cli, s.Ref(in))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		running, err := cli.ContainerList(t.Context(), container.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(running, func(c container.Summary) bool { return c.Command == "/waiter" }) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the step's container still runs")
		}
	}
}

// tenMB is a context of one 10 MB file that differs from run to run.
func tenMB(t testing.TB) Spec {
	t.Helper()
	root := t.TempDir()
	seed := bytes.Repeat([]byte(time.Now().String()), 10<<20/len(time.Now().String()))
	if err := os.WriteFile(filepath.Join(root, "app"), seed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Dockerfile"), []byte("FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Spec{Name: "devloop-test/big", Context: root}
}
