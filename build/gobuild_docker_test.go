//go:build sandbox

package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/client"

	"github.com/devloop-dev/devloop/internal/digest"
)

// goMake builds an image of a Go program and has both of its tags removed in the end.
func goMake(t *testing.T, cli *client.Client, s Spec) Image {
	t.Helper()
	in := inputs(t, s)
	d := NewDocker(cli)
	by, err := d.ref(t.Context(), s, in)
	if err != nil {
		t.Fatal(err)
	}
	img, err := d.Build(t.Context(), s, in, func(s Step) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	remove(t, cli, img.Ref)
	remove(t, cli, by)
	if ref, err := d.Ref(t.Context(), s, in); ref != img.Ref || err != nil {
		t.Errorf("built as %s, and the reference is %s (%v)", img.Ref, ref, err)
	}
	return img
}

func runImage(t *testing.T, ref string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", "--network=none", ref).CombinedOutput()
	if err != nil {
		t.Fatalf("docker run: %v\n%s", err, out)
	}
	return string(out)
}

func TestRealGoImageRunsAndFollowsTheProgram(t *testing.T) {
	cli := realDocker(t)
	s, root := shop(t)
	s.Go.Env, s.Go.Ports = map[string]string{"WHO": "you"}, []int{8080}
	main := filepath.Join(root, "shop", "cmd", "app", "main.go")
	put(t, main, "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t\"example.test/shop/internal/used\"\n)\n\n"+
		"func main() {\n\terr := os.WriteFile(\"/tmp/f\", nil, 0o600)\n\tfmt.Println(used.Text, os.Getenv(\"WHO\"), os.Getuid(), err)\n}\n")
	first := goMake(t, cli, s)
	if got := runImage(t, first.Ref); got != "hello you 65532 <nil>\n" {
		t.Errorf("it printed %q", got)
	}
	if again := goMake(t, cli, s); again.Built || again.Ref != first.Ref {
		t.Errorf("built again: %v, as %s", again.Built, again.Ref)
	}
	info, err := cli.ImageInspect(t.Context(), first.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.RootFS.Layers) != 1 || len(info.Config.ExposedPorts) != 1 || info.Config.Entrypoint[0] != "/app/app" {
		t.Errorf("layers %v, ports %v, entrypoint %v", info.RootFS.Layers, info.Config.ExposedPorts, info.Config.Entrypoint)
	}

	// Other sources, the same program.
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	put(t, main, string(text)+"\n// A remark.\n")
	if same := goMake(t, cli, s); same.Ref != first.Ref {
		t.Errorf("a remark gives another image: %s, not %s", same.Ref, first.Ref)
	}
	put(t, main, strings.Replace(string(text), "used.Text,", "used.Text+\"!\",", 1))
	other := goMake(t, cli, s)
	if other.Ref == first.Ref {
		t.Error("another program has the same reference")
	}
	if got := runImage(t, other.Ref); !strings.HasPrefix(got, "hello! you") {
		t.Errorf("after the edit it printed %q", got)
	}
}

// The same sources in another folder, on a daemon that knows nothing of them.
func TestRealGoImageIsReproducible(t *testing.T) {
	cli := realDocker(t)
	one, _ := shop(t)
	two, _ := shop(t)
	first := goMake(t, cli, one)
	forget(t, cli, first.ID)
	second := goMake(t, cli, two)
	if !second.Built || second.ID != first.ID {
		t.Errorf("built %v, image %s, want %s", second.Built, second.ID, first.ID)
	}
}

func TestRealGoImageOnABase(t *testing.T) {
	cli := realDocker(t)
	base := mustBuildBase(t, cli, "FROM scratch\nCOPY text /text\nENV BASE=there\nUSER 7\n")
	s, root := shop(t)
	s.Go.Base = base.Ref
	put(t, filepath.Join(root, "shop", "cmd", "app", "main.go"),
		"package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\ttext, err := os.ReadFile(\"/text\")\n\tfmt.Println(string(text), err, os.Getenv(\"BASE\"), os.Getuid())\n}\n")
	img := goMake(t, cli, s)
	if got := runImage(t, img.Ref); got != "of the base <nil> there 7\n" {
		t.Errorf("it printed %q", got)
	}
}

func mustBuildBase(t *testing.T, cli *client.Client, dockerfile string) Image {
	t.Helper()
	s := Spec{Name: "devloop-test/gobase", Context: folder(t, map[string]string{"Dockerfile": dockerfile, "text": "of the base"})}
	return mustBuild(t, cli, s, inputs(t, s))
}

func TestRealGoErrorNamesFileAndLine(t *testing.T) {
	cli := realDocker(t)
	s, root := shop(t)
	put(t, filepath.Join(root, "shop", "internal", "used", "used.go"), "package used\n\nvar Text = missing\n")
	_, err := NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil)
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Line != 3 || filepath.Base(failed.Dockerfile) != "used.go" || !strings.Contains(failed.Message, "undefined: missing") {
		t.Fatalf("error %v", err)
	}
	put(t, filepath.Join(root, "shop", "internal", "used", "used.go"), "package used\n\nvar Text = \n")
	if _, err = NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil); !errors.As(err, &failed) || filepath.Base(failed.Dockerfile) != "used.go" {
		t.Errorf("a file that does not parse: %v", err)
	}
}

func TestRealGoBuildOfOtherFilesThanItsInputsGivesNoImage(t *testing.T) {
	cli := realDocker(t)
	s, root := shop(t)
	in := inputs(t, s)
	put(t, filepath.Join(root, "shop", "internal", "used", "page.html"), "saved since")
	if _, err := NewDocker(cli).Build(t.Context(), s, in, nil); !errors.Is(err, ErrInputsChanged) {
		t.Errorf("error %v, want that the inputs changed", err)
	}
	if ok := hasImage(t, cli, s.Ref(in)); ok {
		t.Error("there is an image of it")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, err := s.Inputs(t.Context(), digest.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDocker(cli).Build(ctx, s, in, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
}

func hasImage(t *testing.T, cli *client.Client, ref string) bool {
	t.Helper()
	_, err := cli.ImageInspect(t.Context(), ref)
	return err == nil
}
