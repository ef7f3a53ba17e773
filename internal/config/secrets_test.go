package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func withImage(text string) string {
	return "apiVersion: devloop/v1\nproject: shop\nimages:\n  app:\n    context: app\n" + text
}

func TestSecretsAndAgents(t *testing.T) {
	p, err := parse(t, withImage("    secrets:\n    - {id: npmrc, file: ~/.npmrc}\n    - {id: ca, file: certs/ca.pem}\n    - {id: token, env: TOKEN}\n    ssh: [default, deploy=/run/agent.sock]\n"))
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	want := []Secret{{ID: "npmrc", File: filepath.Join(home, ".npmrc")}, {ID: "ca", File: filepath.Join(p.Dir, "certs", "ca.pem")}, {ID: "token", Env: "TOKEN"}}
	for i, secret := range p.Images["app"].Secrets {
		if secret != want[i] {
			t.Errorf("secret %d: %+v, want %+v", i, secret, want[i])
		}
	}
	if got := p.Images["app"].SSH; len(got) != 2 || got[1] != "deploy=/run/agent.sock" {
		t.Errorf("ssh %q", got)
	}
}

func TestBadSecretsAndAgents(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no id":         {"    secrets:\n    - {file: a}\n", ":7:7: secret 1 of image app has no id"},
		"nowhere":       {"    secrets:\n    - {id: a, env: A}\n    - {id: b}\n", `:8:7: secret "b" of image app comes from nowhere: name its file:`},
		"two places":    {"    secrets:\n    - {id: a, file: a, env: A}\n", `:7:7: secret "a" of image app comes from two places`},
		"twice":         {"    secrets:\n    - {id: a, env: A}\n    - id: a\n      env: B\n", `:8:11: image app has two secrets "a"`},
		"no name":       {"    secrets:\n    - {id: \"a,b\", env: A}\n", `:7:12: secret "a,b" of image app: no --mount can name it`},
		"unknown key":   {"    secrets:\n    - {id: a, value: b}\n", `unknown key "value"`},
		"agent":         {"    ssh:\n    - default\n    - \"=x\"\n", `:8:7: ssh "=x" of image app names no agent`},
		"agent twice":   {"    ssh: [a, a=/s]\n", `:6:14: image app has two ssh agents "a"`},
		"no socket":     {"    ssh: [a=]\n", `:6:11: ssh "a=" of image app names no agent`},
		"not a list":    {"    ssh: default\n", ":6:"},
		"not a mapping": {"    secrets: [a]\n", ":6:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, withImage(tt.text))
			var at *Error
			if !errors.As(err, &at) || !strings.Contains(err.Error(), tt.want) || at.Line == 0 {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
