package build

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsThatCannotBeHadAreNamed(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	file := filepath.Join(t.TempDir(), "gone")
	tests := map[string]struct {
		spec Spec
		want string
	}{
		"a variable":   {Spec{Secrets: []Secret{{ID: "t", Env: "DEVLOOP_TEST_NOT_SET"}}}, "image app: secret t: the environment variable DEVLOOP_TEST_NOT_SET is not set"},
		"a file":       {Spec{Secrets: []Secret{{ID: "t", File: file}}}, "image app: secret t: there is no file " + file},
		"a relative":   {Spec{Secrets: []Secret{{ID: "t", File: "x"}}}, `"x" is not an absolute path`},
		"an agent":     {Spec{SSH: []string{"default"}}, "image app: ssh default: no agent: SSH_AUTH_SOCK is not set"},
		"a folder":     {Spec{Secrets: []Secret{{ID: "t", File: t.TempDir()}}}, "secret t: "},
		"another kind": {Spec{SSH: []string{"deploy"}}, "deploy=SOCKET"},
	}
	for name, tt := range tests {
		tt.spec.Name = "app"
		_, err := tt.spec.hidden()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
		if name == "a file" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: does not wrap fs.ErrNotExist", name)
		}
	}
}

func TestSecretsNeedBuildKit(t *testing.T) {
	s := Spec{Name: "app", Context: project(t), Secrets: []Secret{{ID: "t", Env: "HOME"}}}
	_, err := NewDocker(&fakeEngine{}).Build(t.Context(), s, inputs(t, s), nil)
	if err == nil || !strings.Contains(err.Error(), "need BuildKit") {
		t.Errorf("error %v", err)
	}
}

// The longer of two that begin alike is masked whole; what is too short to be a
// secret is not masked at all.
func TestMask(t *testing.T) {
	t.Setenv("DEVLOOP_TEST_A", "token")
	t.Setenv("DEVLOOP_TEST_B", "token-and-more\n  second line  \nab\n")
	h, err := Spec{Secrets: []Secret{{ID: "a", Env: "DEVLOOP_TEST_A"}, {ID: "b", Env: "DEVLOOP_TEST_B"}}}.hidden()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.mask.Replace("x token-and-more y token z second line ab"), "x *** y *** z *** ab"; got != want {
		t.Errorf("masked %q, want %q", got, want)
	}
}

func TestWhatIsNoInputOfATag(t *testing.T) {
	s := Spec{Name: "app", Context: project(t)}
	in := inputs(t, s)
	plain := s.Ref(in)
	s.Secrets, s.SSH = []Secret{{ID: "t", Env: "HOME"}}, []string{"default"}
	if got := s.Ref(inputs(t, s)); got != plain {
		t.Errorf("with secrets %s, without %s", got, plain)
	}
	s.Bases = map[string]string{"base": "base:dl-1"}
	one := s.Ref(in)
	s.Bases = map[string]string{"base": "base:dl-2"}
	if two := s.Ref(in); one == plain || two == one {
		t.Errorf("on no base %s, on one %s, on another %s", plain, one, two)
	}
}
