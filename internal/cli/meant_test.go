package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/filetest"
)

func TestWhatWasMeant(t *testing.T) {
	tests := map[string]string{
		"dev":                 "did you mean up?",
		"template":            "did you mean render?",
		"diff":                "did you mean plan?",
		"inti":                "did you mean init?",
		"docter":              "did you mean doctor?",
		"up --onec":           "did you mean --once?",
		"up --alow-context=x": "did you mean --allow-context?",
		"plan --once":         "it is a flag of devloop up",
		"init --froce":        "did you mean --force?",
	}
	for line, want := range tests {
		code, _, errOut := say(strings.Fields(line)...)
		if code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: %d, want %q\n%s", line, code, want, errOut)
		}
	}
	for _, line := range []string{"zzzzzzzzzzz", "up --zzzzzzzzzzz", "up -z"} {
		if code, _, errOut := say(strings.Fields(line)...); code != exitUsage || strings.Contains(errOut, "did you mean") {
			t.Errorf("%s: %d\n%s", line, code, errOut)
		}
	}
}

func TestSchemaCommand(t *testing.T) {
	code, out, _ := say("schema")
	want, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if code != exitOK || out != string(want) {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestCompletion(t *testing.T) {
	for shell, word := range map[string]string{"bash": "__start_devloop", "zsh": "#compdef devloop", "fish": "complete -c devloop", "powershell": "Register-ArgumentCompleter"} {
		if code, out, errOut := say("completion", shell); code != exitOK || !strings.Contains(out, word) {
			t.Errorf("%s: %d, no %q %s", shell, code, word, errOut)
		}
	}
	if code, _, errOut := say("completion", "tcsh"); code != exitUsage || !strings.Contains(errOut, "bash, zsh, fish, powershell") {
		t.Errorf("tcsh: %d %s", code, errOut)
	}
	dir := filetest.Lay(t, shop())
	kubeconfig := filepath.Join(filetest.Lay(t, map[string]string{"config": "apiVersion: v1\nkind: Config\ncontexts:\n- {name: kind-a, context: {cluster: a}}\n- {name: prod, context: {cluster: a}}\nclusters:\n- {name: a, cluster: {server: 'https://127.0.0.1'}}\n"}), "config")
	for line, want := range map[string]string{
		"render -f " + dir + " ":                        "shop\n:4\n",
		"render -f " + dir + " shop ":                   ":4\n",
		"build -f " + dir + " ":                         "shop\n:4\n",
		"build -f " + t.TempDir() + " ":                 ":1\n",
		"up --kubeconfig " + kubeconfig + " --context ": "kind-a\nprod\n:4\n",
		"up -o ":      "auto\nplain\njson\n:4\n",
		"up ":         ":4\n",
		"completion ": "bash\nzsh\nfish\npowershell\n:4\n",
	} {
		_, out, errOut := say(append([]string{"__complete"}, strings.Split(line, " ")...)...)
		if out != want {
			t.Errorf("%s<TAB>: %q, want %q (%s)", line, out, want, errOut)
		}
	}
}
