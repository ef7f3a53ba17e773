package logs

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// fakeAPI is as much of an API server and its kubelet as this package uses:
// listing and watching pods, and reading logs. Its connections break where the
// test says so, which those of a real one do not do on demand.
type fakeAPI struct {
	t      testing.TB
	client kubernetes.Interface

	mu      sync.Mutex
	changed chan struct{} // closed at the next change of anything below
	version int
	oldest  int // watches from before this version are expired
	pods    map[string]*corev1.Pod
	history []fakeEvent
	logs    map[string][]*fakeRun // by pod/container: the runs the kubelet knows
	refuse  metav1.Status         // the answer to every log request, if its code is set
	removed bool                  // the runtime has the files of no run any more
	cutLog  func(n int) (bytes int, clean bool)
	missed  func()         // called before a log that is not there is refused
	logN    int            // log requests so far
	asked   map[string]int // the same by pod/container
	server  *httptest.Server
	source  func(pod string) io.Reader // what a log has, where it is not in logs
	written atomic.Int64               // bytes of such logs that the client, or the network, has taken
	lists   int
	watches []string // resourceVersion of each watch request
	endNow  chan struct{}
	ahead   time.Duration // of this machine's clock: those of the server and of the kubelet
}

func (a *fakeAPI) now() time.Time { return time.Now().Add(a.ahead) }

type fakeEvent struct {
	version int
	kind    string
	pod     *corev1.Pod
}

type fakeRun struct {
	id    string
	lines []fakeLine
	ended bool
}

type fakeLine struct {
	at   time.Time
	text string // with its line end, if it has one
}

func newFakeAPI(t testing.TB) *fakeAPI {
	return newFakeAPIWith(t, (*httptest.Server).Start, func(*httptest.Server, *rest.Config) {})
}

// newHTTP2API speaks TLS and HTTP/2, as an API server does, with the client that
// devloop makes for logs.
func newHTTP2API(t testing.TB) *fakeAPI {
	return newFakeAPIWith(t, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	}, func(s *httptest.Server, c *rest.Config) {
		c.CAData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		*c = *ClientConfig(c)
	})
}

func newFakeAPIWith(t testing.TB, begin func(*httptest.Server), adapt func(*httptest.Server, *rest.Config)) *fakeAPI {
	a := &fakeAPI{
		t: t, changed: make(chan struct{}), version: 1, endNow: make(chan struct{}),
		pods: map[string]*corev1.Pod{}, logs: map[string][]*fakeRun{}, asked: map[string]int{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/namespaces/{ns}/pods", a.servePods)
	mux.HandleFunc("GET /api/v1/namespaces/{ns}/pods/{pod}/log", a.serveLog)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", a.now().UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	}))
	begin(server)
	a.server = server
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	config := &rest.Config{Host: server.URL, QPS: -1}
	adapt(server, config)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	a.client = client
	return a
}

// do changes the state and wakes whoever waits for it.
func (a *fakeAPI) do(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	close(a.changed)
	a.changed = make(chan struct{})
}

// put stores a pod and tells the watches.
func (a *fakeAPI) put(kind string, pod *corev1.Pod) {
	a.do(func() {
		a.version++
		pod = pod.DeepCopy()
		pod.Kind, pod.APIVersion = "Pod", "v1"
		pod.ResourceVersion = strconv.Itoa(a.version)
		a.history = append(a.history, fakeEvent{a.version, kind, pod})
		if kind == "DELETED" {
			delete(a.pods, pod.Name)
		} else {
			a.pods[pod.Name] = pod
		}
	})
}

// endWatches ends each open watch, as a server does now and then.
func (a *fakeAPI) endWatches() {
	a.do(func() {
		close(a.endNow)
		a.endNow = make(chan struct{})
	})
}

// run begins a run of a container.
func (a *fakeAPI) run(container, id string) *fakeRun {
	r := &fakeRun{id: id}
	a.do(func() { a.logs[container] = append(a.logs[container], r) })
	return r
}

func (a *fakeAPI) write(r *fakeRun, at time.Time, text string) {
	a.do(func() { r.lines = append(r.lines, fakeLine{at, text}) })
}

func (a *fakeAPI) end(r *fakeRun) { a.do(func() { r.ended = true }) }

func (a *fakeAPI) listed() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lists
}

func (a *fakeAPI) servePods(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("watch") == "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lists++
		list := corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(a.version)}}
		list.Kind, list.APIVersion = "PodList", "v1"
		for _, p := range a.pods {
			if p.Namespace == r.PathValue("ns") {
				list.Items = append(list.Items, *p)
			}
		}
		a.answer(w, 200, list)
		return
	}
	version, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	if err != nil {
		a.t.Errorf("a watch from version %q", r.URL.Query().Get("resourceVersion"))
	}
	a.mu.Lock()
	a.watches = append(a.watches, strconv.Itoa(version))
	end, expired := a.endNow, version < a.oldest
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if expired {
		a.event(w, "ERROR", status(410, metav1.StatusReasonExpired, "too old resource version"))
		return
	}
	for {
		a.mu.Lock()
		changed := a.changed
		var events []fakeEvent
		for _, ev := range a.history {
			if ev.version > version && ev.pod.Namespace == r.PathValue("ns") {
				events = append(events, ev)
			}
		}
		a.mu.Unlock()
		for _, ev := range events {
			a.event(w, ev.kind, ev.pod)
			version = ev.version
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-end:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (a *fakeAPI) event(w http.ResponseWriter, kind string, object any) {
	raw, err := json.Marshal(object)
	if err != nil {
		a.t.Error(err)
	}
	fmt.Fprintf(w, `{"type":%q,"object":%s}`+"\n", kind, raw)
}

func (a *fakeAPI) answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(object); err != nil {
		a.t.Error(err)
	}
}

func (a *fakeAPI) refused(w http.ResponseWriter, code int, reason metav1.StatusReason, text string) {
	a.answer(w, code, status(code, reason, text))
}

func status(code int, reason metav1.StatusReason, text string) metav1.Status {
	s := metav1.Status{Status: "Failure", Code: int32(code), Reason: reason, Message: text}
	s.Kind, s.APIVersion = "Status", "v1"
	return s
}
