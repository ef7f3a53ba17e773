package model_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
)

func TestCheckAsksAndReads(t *testing.T) {
	var got *http.Request
	var body []byte
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, `{"label":"spam","probability":0.97,"version":"v2","variant":"pairs","reasons":[{"feature":"win","weight":2.1}]}`)
	}))
	defer service.Close()
	client, err := model.NewClient(service.URL, "key", "v1", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := client.Check(t.Context(), `win "now"`)
	if err != nil {
		t.Fatal(err)
	}
	if verdict.Label != "spam" || verdict.Probability != 0.97 || verdict.Version != "v2" || verdict.Variant != "pairs" ||
		len(verdict.Reasons) != 1 || verdict.Reasons[0] != (model.Reason{Feature: "win", Weight: 2.1}) {
		t.Errorf("got %+v, want what the service answered", verdict)
	}
	if got.URL.Path != "/predict" || string(body) != `{"sms":"win \"now\""}` ||
		got.Header.Get("Authorization") != "Bearer key" || got.Header.Get("X-App-Version") != "v1" {
		t.Errorf("asked %s %s with %v, want /predict, the message, the key and the version", got.URL, body, got.Header)
	}
}

func TestCheckFails(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		say     string
	}{
		{name: "refused", say: "401 Unauthorized: wrong key", handler: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "wrong key", http.StatusUnauthorized)
		}},
		{name: "not JSON", say: "not the expected JSON", handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<html>")
		}},
		{name: "no label", say: `label ""`, handler: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "{}")
		}},
		{name: "too slow", say: "Timeout", handler: func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := httptest.NewServer(test.handler)
			defer service.Close()
			client, err := model.NewClient(service.URL, "", "v1", 200*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Check(t.Context(), "hi")
			var unavailable *model.UnavailableError
			if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), service.URL) {
				t.Errorf("error %v, want an UnavailableError with the address and %q", err, test.say)
			}
		})
	}
}

func TestCheckNobodyListens(t *testing.T) {
	service := httptest.NewServer(nil)
	service.Close()
	client, err := model.NewClient(service.URL, "", "v1", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Check(t.Context(), "hi"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v, want connection refused", err)
	}
}

func TestNewClientRefusesBadAddress(t *testing.T) {
	for _, base := range []string{"", "model:8080", "ftp://model", "http://", "http://a b"} {
		if _, err := model.NewClient(base, "", "v1", time.Second); err == nil {
			t.Errorf("%q was accepted, want an error", base)
		}
	}
}
