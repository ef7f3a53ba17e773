//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// TestWhatLeavesTheFileBetweenStarts: what an earlier devloop up installed goes
// with the flag; what helm installed stays, also when devloop upgraded it.
func TestWhatLeavesTheFileBetweenStarts(t *testing.T) {
	p := open(t, "hello")
	p.write("small/Chart.yaml", "apiVersion: v2\nname: small\nversion: 0.1.0\n")
	p.write("small/templates/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {by: {{ .Values.by | quote }}}\n")
	project := func(releases ...string) {
		t.Helper()
		text := fmt.Sprintf("apiVersion: devloop/v1\nproject: %s\nreleases:\n", p.namespace)
		for _, name := range releases {
			text += fmt.Sprintf("  %s: {chart: small, namespace: %s, createNamespace: true, set: {by: devloop}}\n", name, p.namespace)
		}
		p.write("devloop.yaml", text)
	}
	there := func(want ...string) {
		t.Helper()
		var got []string
		for _, name := range []string{"one", "theirs", "three", "two"} {
			if p.revision(name) > 0 {
				got = append(got, name)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("releases %v, want %v", got, want)
		}
	}

	flags := genericclioptions.NewConfigFlags(false)
	flags.Namespace = &p.namespace
	cfg := new(action.Configuration)
	if err := cfg.Init(flags, p.namespace, "secrets", func(string, ...any) {}); err != nil {
		t.Fatal(err)
	}
	in := action.NewInstall(cfg)
	in.ReleaseName, in.Namespace, in.CreateNamespace = "theirs", p.namespace, true
	ch, err := loader.Load(p.path("small"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Run(ch, map[string]any{"by": "helm"}); err != nil {
		t.Fatal(err)
	}

	project("one", "two", "three", "theirs")
	p.start("--prune")
	p.live()
	p.stop(os.Interrupt)
	if got := p.revision("theirs"); got != 2 {
		t.Errorf("revision %d of helm's release, want 2", got)
	}
	there("one", "theirs", "three", "two")

	// It leaves the file of a later start.
	p.start("--prune")
	p.live()
	project("one", "three", "theirs")
	p.live()
	there("one", "theirs", "three")
	p.stop(os.Interrupt)

	// They leave the file while nothing runs.
	project("one")
	p.start()
	p.live()
	there("one", "theirs", "three")
	p.stop(os.Interrupt)
	if said := "release three is no longer in devloop.yaml; it stays"; !strings.Contains(p.out.String(), said) {
		t.Errorf("without the flag it is not told: %s", said)
	}
	p.start("--prune")
	p.live()
	there("one", "theirs")
	p.stop(os.Interrupt)
}
