package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/filetest"
	"github.com/devloop-dev/devloop/internal/scaffold"
)

func shop() map[string]string {
	return map[string]string{
		"chart/Chart.yaml":  "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
		"chart/values.yaml": "image: shop:dev\nreplicas: 1\n",
		"app/Dockerfile":    "FROM scratch\nCOPY x /\n",
		"app/x":             "x\n",
	}
}

// say runs a command without a terminal.
func say(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestInitWritesOnce(t *testing.T) {
	dir := filetest.Lay(t, shop())
	file := filepath.Join(dir, config.DefaultFile)
	code, out, errOut := say("init", "-f", dir)
	if code != exitOK || out != "" || !strings.Contains(errOut, "image gets image shop, built from app/Dockerfile") || !strings.Contains(errOut, "wrote "+file) {
		t.Fatalf("init: %d\n%s%s", code, out, errOut)
	}
	p, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Releases["shop"].Images["image"] != "shop" || p.Images["shop"].Context != filepath.Join(dir, "app") {
		t.Errorf("project %+v", p)
	}
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := say("init", "-f", dir); code != exitFailed || !strings.Contains(errOut, "--force") {
		t.Errorf("a second init: %d\n%s", code, errOut)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file was written over: %s, %v", text, err)
	}
	if code, _, errOut := say("init", "-f", dir, "--force"); code != exitOK {
		t.Errorf("init --force: %d\n%s", code, errOut)
	}
	if _, err := config.Load(file); err != nil {
		t.Error(err)
	}
}

func TestInitToStandardOutput(t *testing.T) {
	for _, flag := range []string{"--stdout", "-o-", "--output=-"} {
		dir := filetest.Lay(t, shop())
		code, out, errOut := say("init", "-f", dir, flag)
		if code != exitOK || !strings.HasPrefix(out, "# yaml-language-server: $schema="+config.SchemaURL+"\n") {
			t.Errorf("%s: %d\n%s%s", flag, code, out, errOut)
		}
		if _, err := config.Parse(filepath.Join(dir, config.DefaultFile), []byte(out)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, config.DefaultFile)); !os.IsNotExist(err) {
			t.Errorf("%s: the file was written too (%v)", flag, err)
		}
	}
	if code, _, errOut := say("init", "-f", filetest.Lay(t, shop()), "-o", "json"); code != exitUsage || !strings.Contains(errOut, "--output json") {
		t.Errorf("-o json: %d\n%s", code, errOut)
	}
}

// unclear has two folders that could be the image's.
func unclear() map[string]string {
	files := shop()
	files["chart/values.yaml"] = "image: worker:dev\n"
	files["a/worker/Dockerfile"] = "FROM scratch\n"
	files["b/worker/Dockerfile"] = "FROM scratch\n"
	return files
}

func TestInitAsksOnATerminalOnly(t *testing.T) {
	code, _, errOut := say("init", "-f", filetest.Lay(t, unclear()))
	if code != exitFailed || !strings.Contains(errOut, "the one of a/worker/Dockerfile; or the one of b/worker/Dockerfile") || !strings.Contains(errOut, "--yes") {
		t.Errorf("without a terminal: %d\n%s", code, errOut)
	}
	code, out, errOut := say("init", "-f", filetest.Lay(t, unclear()), "--yes", "--stdout")
	if code != exitOK || !strings.Contains(out, "context: a/worker") || !strings.Contains(errOut, "b/worker/Dockerfile: no image value") {
		t.Errorf("--yes: %d\n%s%s", code, out, errOut)
	}
}

func TestAQuestionIsPutUntilItIsAnswered(t *testing.T) {
	q := scaffold.Question{Text: "Which?", Options: []string{"one", "two", "three"}, Likeliest: 1}
	for answer, want := range map[string]int{"\n": 1, "3\n": 2, "0\n4\nx\n 1 \n": 0, "2": 1} {
		var out bytes.Buffer
		got, err := askOn(bufio.NewReader(strings.NewReader(answer)), &out, q)
		if err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", answer, got, err, want)
		}
		if !strings.Contains(out.String(), "Which?\n  1) one\n  2) two\n  3) three\n1-3 [2]: ") {
			t.Errorf("asked %q", &out)
		}
	}
	if _, err := askOn(bufio.NewReader(strings.NewReader("")), io.Discard, q); err == nil {
		t.Error("the end of input is taken for an answer")
	}
}

func TestInitFromSkaffold(t *testing.T) {
	dir := filetest.Lay(t, map[string]string{"skaffold.yaml": `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: app}, {image: fn, jib: {}}]}
deploy: {helm: {releases: [{name: app, chartPath: chart}]}}
`, "chart/values.yaml": "image: app\n", "chart/Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n"})
	from := filepath.ToSlash(filepath.Join(dir, "skaffold.yaml"))
	code, out, errOut := say("init", "-f", dir, "--from", from, "--stdout")
	if code != exitOK || !strings.Contains(out, "images: {image: app}") || !strings.Contains(errOut, from+":3: build.artifacts[1].jib: image fn is left out") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	if code, _, errOut := say("init", "-f", dir, "--from", filepath.Join(dir, "chart", "Chart.yaml")); code != exitFailed || !strings.Contains(errOut, `apiVersion "v2" is none of skaffold's`) {
		t.Errorf("not a skaffold.yaml: %d\n%s", code, errOut)
	}
}

func TestWithoutAFileCommandsGoByWhatInitWouldWrite(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	const note = "there is no devloop.yaml, so this goes by what devloop init would write: release shop from chart, image shop from app"
	dir := filetest.Lay(t, shop())
	for _, command := range []string{"plan", "render", "down"} {
		code, _, errOut := say(command, "-f", dir)
		if code != exitFailed || !strings.Contains(errOut, note) || !strings.Contains(errOut, "no Kubernetes cluster is configured") {
			t.Errorf("%s: %d\n%s", command, code, errOut)
		}
	}
	if code, out, _ := say("up", "--once", "-f", dir); code != exitFailed || !strings.Contains(out, note) {
		t.Errorf("up: %d\n%s", code, out)
	}
	tests := map[string]struct {
		dir   string
		words []string
	}{
		"unclear":  {filetest.Lay(t, unclear()), []string{"there is no ", "run devloop init, which asks", "a/worker/Dockerfile"}},
		"no chart": {t.TempDir(), []string{"and no Helm chart in or below its folder"}},
		"broken":   {filetest.Lay(t, map[string]string{"chart/Chart.yaml": "a: ["}), []string{"chart/Chart.yaml"}},
	}
	for name, tt := range tests {
		for _, command := range []string{"up", "plan"} {
			code, _, errOut := say(command, "-f", tt.dir)
			for _, w := range tt.words {
				if code != exitFailed || !strings.Contains(errOut, w) {
					t.Errorf("%s, %s: %d, want %q\n%s", name, command, code, w, errOut)
				}
			}
		}
	}
	if code, _, errOut := say("up", "-f", filepath.Join(dir, "other.yaml")); code != exitFailed || !strings.Contains(errOut, "there is no "+filepath.Join(dir, "other.yaml")) {
		t.Errorf("another file's name: %d\n%s", code, errOut)
	}
}

// The file that is made while a loop goes without one is the one that counts.
func TestAFileThatIsMadeLaterCounts(t *testing.T) {
	dir := filetest.Lay(t, shop())
	g := &global{file: dir}
	at, err := g.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := at.read(at.file); err != nil || !strings.Contains(string(text), "chart: chart") {
		t.Errorf("before: %v\n%s", err, text)
	}
	if err := os.WriteFile(at.file, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, err := at.read(at.file); err != nil || string(text) != "mine" {
		t.Errorf("after: %s, %v", text, err)
	}
}
