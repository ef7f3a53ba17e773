package check_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/check"
)

func TestURLs(t *testing.T) {
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "all well\n")
	}))
	defer good.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no model", http.StatusBadGateway)
	}))
	defer bad.Close()
	gone := httptest.NewServer(nil)
	gone.Close()

	var out bytes.Buffer
	if err := check.URLs(t.Context(), &out, time.Second, []string{good.URL}); err != nil {
		t.Errorf("an address that answers: %v", err)
	}
	if !strings.Contains(out.String(), "all well") {
		t.Errorf("printed %q, want the answer in it", out.String())
	}

	err := check.URLs(t.Context(), io.Discard, time.Second, []string{bad.URL, good.URL, gone.URL})
	if err == nil {
		t.Fatal("two addresses that fail: no error")
	}
	for _, want := range []string{bad.URL, "502 Bad Gateway: no model", gone.URL, "connection refused"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), good.URL) {
		t.Errorf("error %v names the address that answered", err)
	}
	if err := check.URLs(t.Context(), io.Discard, time.Second, nil); err == nil {
		t.Error("no addresses: no error")
	}
}
