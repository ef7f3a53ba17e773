//go:build sandbox

package build

import (
	"errors"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

func TestRealBuildFailsAtALine(t *testing.T) {
	tests := map[string]struct {
		dockerfile, target string
		line               int
		step, message      string
	}{
		"COPY of nothing":     {"FROM scratch\n# why\nCOPY a /a\nCOPY missing \\\n  /x\n", "", 4, "COPY missing   /x", "missing"},
		"RUN without a shell": {"FROM scratch AS one\nCOPY a /a\nFROM one\nRUN make\n", "", 4, "RUN make", "/bin/sh"},
		"a step of a stage":   {"FROM scratch AS one\nCOPY a /a\nFROM scratch AS two\nWORKDIR /x\nARG B=gone\nCOPY $B /\n", "", 6, "", "gone"},
		"a stage's base":      {"ARG V=1\nFROM scratch AS one\nCOPY a /a\nFROM devloop-test/no-such-base:$V\nCOPY --from=one /a /\n", "", 4, "", ""},
		"unknown instruction": {"FROM scratch\n\nCOPPY a /a\n", "", 3, "", "COPPY"},
		"too few arguments":   {"FROM scratch\nCOPY a\n", "", 2, "", "COPY requires at least two arguments"},
		"cannot be parsed":    {"FROM scratch\nENV a\n", "", 2, "", "ENV"},
		"no base image":       {"# none\nFROM devloop-test/no-such-base:1\n", "", 2, "FROM devloop-test/no-such-base:1", ""}, // denied, or no registry reached
		"no stage":            {"FROM scratch\n", "gone", 0, "", "gone"},
	}
	cli := realDocker(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bothBuilders(t, func(t *testing.T, engine Engine) {
				s := Spec{Name: "devloop-test/fails", Target: tt.target, Context: folder(t, map[string]string{"Dockerfile": tt.dockerfile, "a": "a"})}
				in := inputs(t, s)
				_, err := NewDocker(engine).Build(t.Context(), s, in, nil)
				var got *BuildError
				if !errors.As(err, &got) {
					t.Fatalf("error %v, want a *BuildError", err)
				}
				if got.Line != tt.line || tt.step != "" && got.Step != tt.step || !strings.Contains(got.Message, tt.message) {
					t.Errorf("line %d, step %q, message %q; want %d, %q, %q", got.Line, got.Step, got.Message, tt.line, tt.step, tt.message)
				}
				absent(t, cli, s.Ref(in))
			})
		})
	}
}

func absent(t *testing.T, cli *client.Client, ref string) {
	t.Helper()
	if _, err := cli.ImageInspect(t.Context(), ref); !errdefs.IsNotFound(err) {
		t.Errorf("%s is there, or cannot be asked for: %v", ref, err)
	}
}
