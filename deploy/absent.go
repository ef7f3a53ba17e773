package deploy

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"sync"

	"helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/resource"
)

// absent answers for the API server that an object is not there. Before an
// install Helm asks for each object by itself whether it exists, one after the
// other; here one list for each kind tells. Only a "no" is answered, and only
// until the first object is made: an object that exists is always asked for. It
// is safe for concurrent use.
type absent struct {
	names func(kindIn) (map[string]bool, error)
	make  func(*meta.RESTMapping, func(http.RoundTripper) http.RoundTripper) (resource.RESTClient, error)

	mu     sync.Mutex
	over   bool
	wanted map[kindIn]int // how many objects of a kind were built
	listed map[kindIn]map[string]bool
	// clients are those that were made already.
	clients map[kindIn]resource.RESTClient
}

// expect counts objects that may be asked for.
func (a *absent) expect(list kube.ResourceList) {
	wanted := map[kindIn]int{}
	for _, info := range list {
		wanted[kindOf(info)]++
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for at, n := range wanted {
		a.wanted[at] = max(n, a.wanted[at])
	}
}

// end lets every question through from now on.
func (a *absent) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
}

// missing says whether an object is known not to be there.
func (a *absent) missing(at kindIn, name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over || a.wanted[at] <= fewObjects {
		return false
	}
	names, ok := a.listed[at]
	if !ok {
		var err error
		if names, err = a.names(at); err != nil {
			return false // who asks finds out why
		}
		a.listed[at] = names
	}
	return !names[name]
}

// client is one for the objects of a kind in a namespace whose questions go
// through a.
func (a *absent) client(mapping *meta.RESTMapping, namespace string) (resource.RESTClient, error) {
	at := kindIn{mapping.Resource, namespace}
	a.mu.Lock()
	defer a.mu.Unlock()
	if made := a.clients[at]; made != nil {
		return made, nil
	}
	client, err := a.make(mapping, func(next http.RoundTripper) http.RoundTripper { return absentTransport{a, at, next} })
	if err != nil {
		return nil, err
	}
	a.clients[at] = client
	return client, nil
}

type absentTransport struct {
	*absent
	at   kindIn
	next http.RoundTripper
}

func (t absentTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	folder, name := path.Split(req.URL.Path)
	if req.Method != http.MethodGet || path.Base(folder) != t.at.resource.Resource || !t.missing(t.at, name) {
		return t.next.RoundTrip(req)
	}
	status := apierrors.NewNotFound(t.at.resource.GroupResource(), name).Status()
	status.Kind, status.APIVersion = "Status", "v1"
	body, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(http.StatusNotFound), StatusCode: http.StatusNotFound, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}
