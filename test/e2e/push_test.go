//go:build e2e || sandbox

package e2e

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// TestPushedImages has the cluster's nodes pull from a registry on this machine.
func TestPushedImages(t *testing.T) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var down atomic.Bool
	var pushed atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "out of order", http.StatusInternalServerError)
			return
		}
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/dl-") {
			pushed.Add(1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	host := "localhost:" + srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]

	p := open(t, "hello")
	t.Cleanup(func() { // their registry is gone, nobody will use them again
		refs, err := exec.Command("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference="+host+"/*/hello").Output()
		for _, ref := range strings.Fields(string(refs)) {
			err = errors.Join(err, exec.Command("docker", "rmi", ref).Run())
		}
		if err != nil {
			t.Error(err)
		}
	})
	p.edit("devloop.yaml", func(s string) string { return s + "\npush: " + host + "/team\n" })
	p.start()
	p.live()
	p.answers("hello", "/", "Hello, world!")
	if image := p.image("hello"); !strings.HasPrefix(image, host+"/team/hello:dl-") {
		t.Errorf("image %s, want one of the registry %s", image, host)
	}
	if !strings.Contains(p.out.String(), "images go to registry "+host+"/team (push)") {
		t.Error("it is not said where images go")
	}

	down.Store(true)
	p.replace("server/main.go", `greeting = "Hello"`, `greeting = "Good `+p.namespace+`"`)
	p.failed("registry "+host, "the registry itself has failed")
	down.Store(false)
	p.replace("server/main.go", `greeting = "Good `, `greeting = "Best `)
	p.live()
	p.answers("hello", "/", "Best "+p.namespace)
	if n := pushed.Load(); n != 2 {
		t.Errorf("%d images were pushed, want 2", n)
	}

	// push: holds from the save on.
	p.edit("devloop.yaml", func(s string) string { return strings.Replace(s, "push: ", "# push: ", 1) })
	p.live()
	p.answers("hello", "/", "Best "+p.namespace)
	if image := p.image("hello"); !strings.HasPrefix(image, "hello:dl-") {
		t.Errorf("without push: the image is %s", image)
	}
	p.edit("devloop.yaml", func(s string) string { return strings.Replace(s, "# push: "+host+"/team", "push: "+host+"/other", 1) })
	p.live()
	if image := p.image("hello"); !strings.HasPrefix(image, host+"/other/hello:dl-") {
		t.Errorf("with another push: the image is %s", image)
	}
	if n := pushed.Load(); n != 3 {
		t.Errorf("%d images were pushed, want 3", n)
	}
}
