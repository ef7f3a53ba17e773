//go:build sandbox

package build

import (
	"crypto/rand"
	"path/filepath"
	"strings"
	"testing"
)

// The way is docker's own to the end: only the other machine is this one.
func TestRealBuildOverSSH(t *testing.T) {
	here := realDocker(t)
	dir := fakeSSH(t, "exec docker --host="+here.DaemonHost()+" system dial-stdio\n")
	for name, tt := range map[string]struct{ vars map[string]string }{
		"DOCKER_HOST": {map[string]string{"DOCKER_HOST": "ssh://me@there:2222"}},
		"a context":   {map[string]string{"DOCKER_CONFIG": config(t, "far", map[string]string{"far": "ssh://me@there:2222"})}},
	} {
		t.Run(name, func(t *testing.T) {
			cli, err := Connect(t.Context(), ConnectOptions{Env: env(t, tt.vars)})
			if err != nil {
				t.Fatal(err)
			}
			defer cli.Close()
			text := rand.Text()
			s := Spec{Name: "devloop-test/ssh", Context: folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY text /text\n", "text": text})}
			img := mustBuild(t, cli, s, inputs(t, s))
			if got := contents(t, cli, img.Ref)["text"]; !img.Built || got != text {
				t.Errorf("built %v, it says %q, want %q", img.Built, got, text)
			}
			calls := read(t, filepath.Join(dir, "calls"))
			if !strings.Contains(calls, "-l me -p 2222") || !strings.Contains(calls, "-- there docker system dial-stdio") {
				t.Errorf("ssh was called as\n%s", calls)
			}
		})
	}
}
