//go:build sandbox

package build

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
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

// oldDaemon is the sandbox's docker daemon as if it had no BuildKit.
type oldDaemon struct{ *client.Client }

func (oldDaemon) Ping(context.Context) (types.Ping, error) { return types.Ping{}, nil }

// bothBuilders runs a test on each of the daemon's builders.
func bothBuilders(t *testing.T, test func(t *testing.T, engine Engine)) {
	cli := realDocker(t)
	t.Run("buildkit", func(t *testing.T) { test(t, cli) })
	t.Run("classic", func(t *testing.T) { test(t, oldDaemon{cli}) })
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

// forget takes an image out of docker at once, so that the other builder makes it.
func forget(t *testing.T, cli *client.Client, ref string) {
	t.Helper()
	if _, err := cli.ImageRemove(t.Context(), ref, image.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
}

func mustBuild(t testing.TB, engine Engine, s Spec, in Inputs) Image {
	t.Helper()
	img, err := NewDocker(engine).Build(t.Context(), s, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, realDocker(t), img.Ref)
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

func TestRealBuildOnceForEachContent(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "ARG WHAT\nFROM scratch\nARG WHAT\nCOPY $WHAT.txt /greeting\n", "hello.txt": "hello " + t.TempDir(), "bye.txt": "bye"})
	s := Spec{Name: "devloop-test/once", Context: root, Args: map[string]string{"WHAT": "hello"}}
	in := inputs(t, s)
	var steps []string
	remove(t, cli, s.Ref(in))
	first, err := NewDocker(cli).Build(t.Context(), s, in, func(s Step) { steps = append(steps, s.Name+" "+string(s.State)) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"[1/1] COPY hello.txt /greeting began", "[1/1] COPY hello.txt /greeting done"}; !slices.Equal(steps, want) {
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
			bothBuilders(t, func(t *testing.T, engine Engine) {
				root := folder(t, tt.files)
				s := Spec{Name: "devloop-test/rules", Context: filepath.Join(root, "c"), Dockerfile: filepath.Join(root, filepath.FromSlash(tt.dockerfile))}
				img := mustBuild(t, engine, s, inputs(t, s))
				if got := names(contents(t, cli, img.Ref)); !slices.Equal(got, tt.want) {
					t.Errorf("the image has %v, want %v", got, tt.want)
				}
				forget(t, cli, img.Ref)
			})
		})
	}
}

// A first layer of its own for each run keeps the cache out of it. Folders are left
// out: they carry the time of the build.
func TestRealBuildIsTheSameAgain(t *testing.T) {
	cli := realDocker(t)
	bothBuilders(t, func(t *testing.T, engine Engine) {
		var layers [][]string
		for range 2 {
			root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY salt /x\nCOPY a b/c/d /\n", "salt": rand.Text(), "a": "same", "b/c/d": "again"})
			then := time.Now().Add(-time.Duration(len(layers)) * time.Hour)
			if err := os.Chtimes(filepath.Join(root, "a"), then, then); err != nil {
				t.Fatal(err)
			}
			s := Spec{Name: "devloop-test/same", Context: root, Args: map[string]string{"SOURCE_DATE_EPOCH": "1700000000"}}
			info, err := cli.ImageInspect(t.Context(), mustBuild(t, engine, s, inputs(t, s)).Ref)
			if err != nil {
				t.Fatal(err)
			}
			layers = append(layers, info.RootFS.Layers)
		}
		if len(layers[0]) != 2 || layers[0][0] == layers[1][0] || layers[0][1] != layers[1][1] {
			t.Errorf("layers %q and %q; want the first to differ and the second to be the same", layers[0], layers[1])
		}
	})
}

func TestRealBuildOfChangedInputsLeavesNoTag(t *testing.T) {
	cli := realDocker(t)
	bothBuilders(t, func(t *testing.T, engine Engine) {
		root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "before" + rand.Text()})
		s := Spec{Name: "devloop-test/changed", Context: root}
		in := inputs(t, s)
		put(t, filepath.Join(root, "a"), "after!"+rand.Text())
		if _, err := NewDocker(engine).Build(t.Context(), s, in, nil); !errors.Is(err, ErrInputsChanged) {
			t.Errorf("error %v, want ErrInputsChanged", err)
		}
		absent(t, cli, s.Ref(in))
	})
}

// What was sent of such a build must not be taken for what it was said to be.
func TestRealBuildAfterChangedInputsHasTheRightContent(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY . /\n", "a": "before " + t.TempDir()})
	path := filepath.Join(root, "a")
	before, moment := read(t, path), time.Now().Add(-time.Hour).Truncate(time.Second)
	put := func(text string) {
		put(t, path, text)
		if err := os.Chtimes(path, moment, moment); err != nil {
			t.Fatal(err)
		}
	}
	put(before)
	s := Spec{Name: "devloop-test/again", Context: root}
	in := inputs(t, s)
	put(strings.ToUpper(before))
	if _, err := NewDocker(cli).Build(t.Context(), s, in, nil); !errors.Is(err, ErrInputsChanged) {
		t.Fatalf("error %v, want ErrInputsChanged", err)
	}
	put(before)
	if got := contents(t, cli, mustBuild(t, cli, s, in).Ref)["a"]; got != before {
		t.Errorf("the image says %q, the file %q", got, before)
	}
}

// Neither size nor time of such an edit tell of it.
func TestRealBuildSeesAnEditThatKeepsSizeAndTime(t *testing.T) {
	cli := realDocker(t)
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n"})
	path, moment := filepath.Join(root, "a"), time.Now().Add(-time.Hour)
	s := Spec{Name: "devloop-test/quiet", Context: root}
	for _, text := range []string{"one", "two", "one"} {
		put(t, path, text)
		if err := os.Chtimes(path, moment, moment); err != nil {
			t.Fatal(err)
		}
		in, err := s.Inputs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := contents(t, cli, mustBuild(t, cli, s, in).Ref)["a"]; got != text {
			t.Errorf("the image says %q, the file %q", got, text)
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
