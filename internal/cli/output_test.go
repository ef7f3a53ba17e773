package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/doctor"
	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// serve answers the commands that ask a devloop up, in place of one, and returns
// the project's folder.
func serve(t *testing.T, answers map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	path, err := control.Path(filepath.Join(dir, "devloop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var g errgroup.Group
	g.Go(func() error {
		return control.Serve(ctx, l, func(_ context.Context, op string) (any, error) { return answers[op], nil })
	})
	t.Cleanup(func() {
		stop()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestJSONOfWhatAsksTheLoop(t *testing.T) {
	dir := serve(t, map[string]any{control.Retry: []string{"image app", "release shop"}})
	for _, command := range []string{"retry", "pause", "resume"} {
		code, out, errOut := say(command, "-o", "json", "-f", dir)
		if code != exitOK || errOut != "" {
			t.Errorf("%s: %d %s", command, code, errOut)
		}
		filetest.Golden(t, *update, "testdata/"+command+".json", out)
	}
	if _, out, _ := say("retry", "-o", "json", "-f", serve(t, nil)); out != "{\n  \"retried\": []\n}\n" {
		t.Errorf("nothing to retry: %s", out)
	}
}

func TestJSONShapes(t *testing.T) {
	refs := map[string]string{"app": "app:dl-3f2a1b9c0d4e5f60"}
	manifest := "---\n# Source: chart/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {who: \"<all> & more\"}\n" +
		"---\n# Source: chart/templates/empty.yaml\n---\n# Source: chart/templates/b.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: b\nspec:\n  ports: [{port: 8080}]\n"
	hook := "---\n# Source: chart/templates/hook.yaml\napiVersion: batch/v1\nkind: Job\nmetadata: {name: c}\n"
	leaving := farewell{Context: "minikube",
		Releases:   []leaving{{Name: "shop", Namespace: "shop", Revision: 4, Objects: 3, Removed: true}},
		Namespaces: []leavingNS{{Name: "shop", Removed: true}}}
	for file, write := range map[string]func(io.Writer) error{
		"build":  func(w io.Writer) error { return printRefs(w, true, []string{"app", "broken"}, refs) },
		"render": func(w io.Writer) error { return writeObjects(w, []string{manifest, hook}) },
		"down":   func(w io.Writer) error { return writeJSON(w, leaving) },
		"doctor": func(w io.Writer) error {
			return writeJSON(w, findings{OK: true, Checks: []doctor.Finding{{Check: "docker", Level: doctor.Warn, Text: "no BuildKit", Fix: "a newer docker"}}})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		filetest.Golden(t, *update, "testdata/"+file+".json", b.String())
	}
}

func TestVersionAsJSON(t *testing.T) {
	code, out, _ := say("version", "-o", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil {
		t.Fatalf("%d, %v: %s", code, err, out)
	}
	_, line, _ := say("version")
	if want := "devloop " + got["version"] + " " + got["os"] + "/" + got["arch"] + " " + got["go"] + "\n"; line != want || len(got) != 4 {
		t.Errorf("%s, and in words %s", out, line)
	}
}

// A command either has -o json, which docs/commands.md describes, or refuses it.
func TestJSONIsDescribedOrRefused(t *testing.T) {
	text, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## -o json\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			visit(c)
		}
		name := strings.TrimPrefix(cmd.CommandPath(), "devloop ")
		if cmd.HasSubCommands() || cmd.Hidden {
			return
		}
		described := strings.Contains(section, "| `"+name+"` ")
		refused := cmd.Annotations[instead] != "" || name == "init" // whose -o is another one
		if described == refused {
			t.Errorf("%s: -o json is described in docs/commands.md: %t, and refused: %t", name, described, refused)
		}
	}
	visit(newRoot())
	for _, line := range []string{"completion bash", "experiment run x.yaml", "experiment report x"} {
		if code, out, errOut := say(append(strings.Fields(line), "-o", "json")...); code != exitUsage || out != "" || !strings.Contains(errOut, "has no -o json: ") {
			t.Errorf("%s: %d %s%s", line, code, out, errOut)
		}
	}
}
