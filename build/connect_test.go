package build

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// env is an environment of these variables alone, with an empty docker config
// unless it names one.
func env(t *testing.T, vars map[string]string) func(string) string {
	empty := t.TempDir()
	return func(name string) string {
		if value, ok := vars[name]; ok || name != "DOCKER_CONFIG" {
			return value
		}
		return empty
	}
}

// config is a docker config folder with contexts of the given hosts.
func config(t *testing.T, current string, contexts map[string]string) string {
	t.Helper()
	files := map[string]string{"config.json": fmt.Sprintf(`{"auths":{},"currentContext":%q}`, current)}
	for name, host := range contexts {
		files[fmt.Sprintf("contexts/meta/%x/meta.json", sha256.Sum256([]byte(name)))] =
			fmt.Sprintf(`{"Name":%q,"Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, name, host)
	}
	return folder(t, files)
}

func TestConnectFindsTheDaemonAsDockerDoes(t *testing.T) {
	a, b := newFakeDaemon(t), newFakeDaemon(t)
	both := map[string]string{"colima": a.host, "other": b.host}
	tests := map[string]struct {
		options ConnectOptions
		vars    map[string]string
		want    string
	}{
		"DOCKER_HOST":                   {vars: map[string]string{"DOCKER_HOST": a.host}, want: a.host},
		"the current context":           {vars: map[string]string{"DOCKER_CONFIG": config(t, "colima", both)}, want: a.host},
		"DOCKER_CONTEXT before that":    {vars: map[string]string{"DOCKER_CONFIG": config(t, "colima", both), "DOCKER_CONTEXT": "other"}, want: b.host},
		"DOCKER_HOST before both":       {vars: map[string]string{"DOCKER_CONFIG": config(t, "colima", both), "DOCKER_CONTEXT": "colima", "DOCKER_HOST": b.host}, want: b.host},
		"the option before all of them": {options: ConnectOptions{Context: "colima"}, vars: map[string]string{"DOCKER_CONFIG": config(t, "other", both), "DOCKER_HOST": b.host}, want: a.host},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.options.Env = env(t, tt.vars)
			cli, err := Connect(t.Context(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			defer cli.Close()
			if cli.DaemonHost() != tt.want || cli.ClientVersion() != "1.41" {
				t.Errorf("connected to %s with API %s, want %s with 1.41", cli.DaemonHost(), cli.ClientVersion(), tt.want)
			}
		})
	}
}

func TestConnectSaysWhatWasTriedAndWhatToDo(t *testing.T) {
	missing := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	broken := folder(t, map[string]string{"config.json": "{"})
	tests := map[string]struct {
		vars map[string]string
		want []string
	}{
		"no daemon": {map[string]string{"DOCKER_HOST": missing},
			[]string{"docker does not answer at " + missing, "from DOCKER_HOST", "start the docker daemon"}},
		"no daemon in a context": {map[string]string{"DOCKER_CONFIG": config(t, "colima", map[string]string{"colima": missing})},
			[]string{missing, `docker context "colima", the current one in `, "start the docker daemon"}},
		"no such context": {map[string]string{"DOCKER_CONTEXT": "gone"}, []string{`docker context "gone" (named by DOCKER_CONTEXT) does not exist`, "docker context use"}},
		"broken config":   {map[string]string{"DOCKER_CONFIG": broken}, []string{filepath.Join(broken, "config.json")}},
		"no certificates": {map[string]string{"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_TLS_VERIFY": "1"}, []string{"127.0.0.1:1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cli, err := Connect(t.Context(), ConnectOptions{Env: env(t, tt.vars)})
			if err == nil {
				cli.Close()
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want one with %q", err, want)
				}
			}
			if strings.Count(err.Error(), "Is the docker daemon running") > 0 {
				t.Errorf("the text guesses twice: %q", err)
			}
		})
	}
}

func TestConnectCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, ConnectOptions{Env: env(t, map[string]string{"DOCKER_HOST": newFakeDaemon(t).host})}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
