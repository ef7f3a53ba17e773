package kubeapi

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/pki"
)

// server starts a TLS server that wants a client certificate, and returns a
// client of it. Both sides' certificates come from package pki.
func server(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	authority, err := pki.NewAuthority("ca")
	if err != nil {
		t.Fatal(err)
	}
	serving, err := authority.Issue(pki.Subject{Name: "server", Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := authority.Issue(pki.Subject{Name: "someone", Groups: []string{"system:masters"}})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(serving.Cert, serving.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.Cert)
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	client, err := New(s.URL, authority.Cert, user.Cert, user.Key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestApplySendsTheObjectAsTheUser(t *testing.T) {
	var got map[string]any
	var who, kind, query string
	client := server(t, func(w http.ResponseWriter, r *http.Request) {
		subject := r.TLS.PeerCertificates[0].Subject
		who = subject.CommonName + " " + strings.Join(subject.Organization, ",")
		kind, query = r.Method+" "+r.Header.Get("Content-Type"), r.URL.RawQuery
		_ = json.NewDecoder(r.Body).Decode(&got)
		_, _ = w.Write([]byte("{}"))
	})
	if err := client.Apply(t.Context(), "/api/v1/x", map[string]any{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	if who != "someone system:masters" || kind != "PATCH application/apply-patch+yaml" || got["a"] != "b" ||
		query != "force=true&fieldManager=devloop-sandbox" {
		t.Errorf("the server saw %s from %s: %v, query %s", kind, who, got, query)
	}
}

func TestErrorsHaveTheServersWords(t *testing.T) {
	client := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"kind":"Status","message":"nodes \"x\" not found"}`))
	})
	_, err := client.Node(t.Context(), "x")
	if err == nil || !NotFound(err) || !strings.Contains(err.Error(), `404: nodes "x" not found`) {
		t.Errorf("got %v", err)
	}
}

func TestReady(t *testing.T) {
	for _, test := range []struct {
		node  string
		ready bool
	}{
		{`{}`, false},
		{`{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`, true},
		{`{"status":{"conditions":[{"type":"Ready","status":"False","message":"no network"}]}}`, false},
		{`{"spec":{"taints":[{"key":"node.kubernetes.io/not-ready"}]},"status":{"conditions":[{"type":"Ready","status":"True"}]}}`, false},
		{`{"spec":{"taints":[{"key":"example.com/mine"}]},"status":{"conditions":[{"type":"Ready","status":"True"}]}}`, true},
	} {
		var node Node
		if err := json.Unmarshal([]byte(test.node), &node); err != nil {
			t.Fatal(err)
		}
		if ready, reason := node.Ready(); ready != test.ready || (reason == "") != ready {
			t.Errorf("%s: ready %v, reason %q, want %v", test.node, ready, reason, test.ready)
		}
	}
}
