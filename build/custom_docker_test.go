//go:build sandbox

package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// customSpec has a script that is told to do something before, and after, docker
// builds.
func customSpec(t *testing.T, after string) Spec {
	t.Helper()
	root := folder(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY text /text\n", "text": t.TempDir(), ".dockerignore": "*.sh\n",
		"image.sh": "#!/bin/sh\nset -e\ndocker build -q -t \"$IMAGE\" \"$CONTEXT\"\n" + after + "\n",
	})
	if err := os.Chmod(filepath.Join(root, "image.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	return Spec{Name: "devloop-test/custom", Context: root, Custom: []string{"./image.sh"}}
}

func TestRealCustomCommandMakesTheImageOnce(t *testing.T) {
	cli := realDocker(t)
	s := customSpec(t, "")
	first := mustBuild(t, cli, s, inputs(t, s))
	if again := mustBuild(t, cli, s, inputs(t, s)); !first.Built || again.Built || again.ID != first.ID {
		t.Errorf("built %v, then %v", first.Built, again.Built)
	}
	script := filepath.Join(s.Context, "image.sh")
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	put(t, script, string(text)+"# more\n")
	if s.Ref(inputs(t, s)) == first.Ref {
		t.Error("the command is another one, and the reference is the same")
	}
}

func TestRealCustomCommandThatLeavesNoImage(t *testing.T) {
	cli := realDocker(t)
	s := customSpec(t, "docker rmi \"$IMAGE\"")
	_, err := NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil)
	var missing *CustomError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), s.Ref(inputs(t, s))) {
		t.Errorf("error %v, want that docker has no image", err)
	}
	s = customSpec(t, "echo out of luck; exit 3")
	_, err = NewDocker(cli).Build(t.Context(), s, inputs(t, s), nil)
	if ref := s.Ref(inputs(t, s)); hasImage(t, cli, ref) {
		remove(t, cli, ref)
		t.Error("the command failed, and its image would be taken for good")
	}
	var failed *CommandError
	if !errors.As(err, &failed) || failed.ExitCode != 3 || !strings.Contains(failed.Output, "out of luck") {
		t.Errorf("error %v, want exit code 3 with its words", err)
	}
}

func TestRealCustomImageOfInputsThatChangedLosesItsName(t *testing.T) {
	cli := realDocker(t)
	s := customSpec(t, "echo later > text")
	in := inputs(t, s)
	if _, err := NewDocker(cli).Build(t.Context(), s, in, nil); !errors.Is(err, ErrInputsChanged) {
		t.Errorf("error %v, want that the inputs changed", err)
	}
	if hasImage(t, cli, s.Ref(in)) {
		remove(t, cli, s.Ref(in))
		t.Error("there is an image of it")
	}
}
