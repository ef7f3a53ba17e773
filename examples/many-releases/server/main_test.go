package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTellsWhatOthersSay(t *testing.T) {
	others := httptest.NewServer(handler("store", nil, http.DefaultClient))
	defer others.Close()
	through := &http.Client{Transport: to(others.Listener.Addr().String())}
	answer := httptest.NewRecorder()
	handler("cart", []string{"store"}, through).ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	if got, want := answer.Body.String(), "cart "+version+"\n  store "+version+"\n"; got != want {
		t.Errorf("answer %q, want %q", got, want)
	}
}

// to sends every request to one address.
type to string

func (t to) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = string(t)
	return http.DefaultTransport.RoundTrip(r)
}
