package kube

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: kind-dev
clusters:
- {name: kind, cluster: {server: "https://127.0.0.1:6443"}}
- {name: prod, cluster: {server: "https://api.shop.example"}}
- {name: elsewhere, cluster: {server: "https://10.255.255.1"}}
contexts:
- {name: kind-dev, context: {cluster: kind, namespace: team}}
- {name: prod, context: {cluster: prod}}
- {name: minikube, context: {cluster: elsewhere}}
- {name: kind-prod, context: {cluster: prod}}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyLocalOrAllowedContextsAreWrittenTo(t *testing.T) {
	path := write(t, kubeconfig)
	tests := map[string]struct {
		context string
		allowed []string
		refused bool
	}{
		"current context":                 {"", nil, false},
		"remote":                          {"prod", nil, true},
		"a private network we are not on": {"minikube", nil, true},
		"remote, allowed":                 {"prod", []string{"prod"}, false},
		"remote with a local name":        {"kind-prod", nil, true},
		"remote, other allowed":           {"prod", []string{"pro"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := Load(path, tt.context)
			if err != nil {
				t.Fatal(err)
			}
			var refused *Refused
			if err := c.Check(tt.allowed...); errors.As(err, &refused) != tt.refused {
				t.Errorf("check: %v, want refused: %v", err, tt.refused)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	c, err := Load(write(t, kubeconfig), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "kind-dev" || c.Namespace != "team" || c.Config.QPS != -1 {
		t.Errorf("context %s, namespace %s, QPS %v", c.Name, c.Namespace, c.Config.QPS)
	}
	if _, err := Load(write(t, kubeconfig), "stage"); err == nil || !strings.Contains(err.Error(), "kind-dev, kind-prod, minikube, prod") {
		t.Errorf("unknown context: %v, want the known ones named", err)
	}
	if _, err := Load(write(t, "apiVersion: v1\nkind: Config\n"), ""); !errors.Is(err, ErrNoCluster) {
		t.Errorf("empty kubeconfig: %v, want ErrNoCluster", err)
	}
	for lacks, text := range map[string]string{
		`no cluster "kind"`: strings.Replace(kubeconfig, "name: kind, cluster", "name: kinder, cluster", 1),
		`no user "me"`:      strings.Replace(kubeconfig, "cluster: kind,", "cluster: kind, user: me,", 1),
	} {
		if _, err := Load(write(t, text), ""); err == nil || !strings.Contains(err.Error(), lacks) || !strings.Contains(err.Error(), "kind-dev") {
			t.Errorf("%v, want one that says %s", err, lacks)
		}
	}
	if _, err := Load(write(t, "contexts: {"), ""); err == nil {
		t.Error("broken kubeconfig: no error")
	}
}
