package build

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// fakeDaemon is a stand-in for the docker daemon of products that cannot run in
// a test (kind, k3d, minikube, docker-desktop). The real docker client talks to
// it over a real socket; it records what it is asked to execute.
type fakeDaemon struct {
	host string // unix://...
	info string // the answer to /info

	image v1.Image // what /images has; nil: nothing that can be unpacked

	// exec answers a command in a container: its output and exit code.
	exec func(container string, cmd []string, stdin string) (out string, code int)

	mu      sync.Mutex
	execs   []container.ExecOptions
	in      []string // the container of each
	codes   []int
	noticed map[int]bool // how it ended was asked for before
	saves   int          // how often an image was asked for
}

func newFakeDaemon(t *testing.T) *fakeDaemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "d") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "docker.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	d := &fakeDaemon{host: "unix://" + socket, noticed: map[int]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("GET /v1.41/info", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, d.info) })
	mux.HandleFunc("GET /v1.41/images/get", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.saves++
		d.mu.Unlock()
		if ref := r.URL.Query().Get("names"); d.image == nil {
			fmt.Fprintf(w, "tar of %s", ref)
		} else {
			w.Write(modernArchive(t, ref, d.image))
		}
	})
	mux.HandleFunc("GET /v1.41/images/{name}/json", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(inspected(t, d.image))
	})
	mux.HandleFunc("POST /v1.41/containers/{name}/exec", d.create)
	mux.HandleFunc("POST /v1.41/exec/{id}/start", d.start)
	mux.HandleFunc("GET /v1.41/exec/{id}/json", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		i := execIndex(r)
		if !d.noticed[i] { // the output ends before docker notices the exit
			d.noticed[i] = true
			io.WriteString(w, `{"Running":true}`)
			return
		}
		fmt.Fprintf(w, `{"ExitCode":%d}`, d.codes[i])
	})
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return d
}

func execIndex(r *http.Request) (i int) {
	fmt.Sscanf(r.PathValue("id"), "exec%d", &i)
	return i
}

func (d *fakeDaemon) create(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var o container.ExecOptions
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.execs, d.in, d.codes = append(d.execs, o), append(d.in, r.PathValue("name")), append(d.codes, 0)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"Id":"exec%d"}`, len(d.execs)-1)
}

func (d *fakeDaemon) start(w http.ResponseWriter, r *http.Request) {
	i := execIndex(r)
	io.Copy(io.Discard, r.Body)
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	d.mu.Lock()
	o, name := d.execs[i], d.in[i]
	d.mu.Unlock()
	var stdin []byte
	if o.AttachStdin {
		stdin, _ = io.ReadAll(buf)
	}
	out, code := d.exec(name, o.Cmd, string(stdin))
	d.mu.Lock()
	d.codes[i] = code
	d.mu.Unlock()
	stream := stdcopy.Stdout
	if code != 0 {
		stream = stdcopy.Stderr
	}
	io.WriteString(stdcopy.NewStdWriter(conn, stream), out)
}

// commands lists what was executed, sorted by nothing but arrival.
func (d *fakeDaemon) commands() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for i, e := range d.execs {
		all = append(all, d.in[i]+": "+strings.Join(e.Cmd, " "))
	}
	return all
}
