package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// fakeAPI stands for an API server where a test needs only discovery and an
// empty history. It counts what it is asked.
type fakeAPI struct {
	*httptest.Server
	mu     sync.Mutex
	groups map[string][]string // group -> kinds, all version v1 and namespaced
	asked  map[string]int
}

func newFakeAPI(t testing.TB) (*fakeAPI, *Cluster) {
	t.Helper()
	api := &fakeAPI{
		groups: map[string][]string{"apps": {"Deployment"}},
		asked:  map[string]int{},
	}
	api.Server = httptest.NewServer(api)
	t.Cleanup(api.Close)
	c, err := New(&rest.Config{Host: api.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return api, c
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body any
	switch r.URL.Path {
	case "/version":
		body = map[string]string{"major": "1", "minor": "34", "gitVersion": "v1.34.4"}
	case "/api":
		body = discoveryDoc(map[string][]string{"": {"ConfigMap", "Secret", "Service"}})
	case "/apis":
		body = discoveryDoc(f.groups)
		etag := fmt.Sprintf("%q", fmt.Sprint(f.groups))
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			f.asked["304"]++
			w.WriteHeader(http.StatusNotModified)
			return
		}
	default:
		if !strings.HasSuffix(r.URL.Path, "/secrets") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`)
		return
	}
	f.asked[r.URL.Path]++
	w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fakeAPI) add(group, kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups[group] = append(f.groups[group], kind)
}

func (f *fakeAPI) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

func discoveryDoc(groups map[string][]string) apidiscovery.APIGroupDiscoveryList {
	list := apidiscovery.APIGroupDiscoveryList{
		TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"},
	}
	for group, kinds := range groups {
		v := apidiscovery.APIVersionDiscovery{Version: "v1", Freshness: apidiscovery.DiscoveryFreshnessCurrent}
		for _, kind := range kinds {
			v.Resources = append(v.Resources, apidiscovery.APIResourceDiscovery{
				Resource:     strings.ToLower(kind) + "s",
				ResponseKind: &metav1.GroupVersionKind{Group: group, Version: "v1", Kind: kind},
				Scope:        apidiscovery.ScopeNamespace, SingularResource: strings.ToLower(kind),
				Verbs: []string{"get", "list", "watch"},
			})
		}
		list.Items = append(list.Items, apidiscovery.APIGroupDiscovery{
			ObjectMeta: metav1.ObjectMeta{Name: group}, Versions: []apidiscovery.APIVersionDiscovery{v},
		})
	}
	return list
}
