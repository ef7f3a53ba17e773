package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/web"
)

// fakeModel stands for the model service: everything with "win" is spam, and
// "sure" is nearly certain spam.
type fakeModel struct{ err error }

func (f fakeModel) Check(_ context.Context, sms string) (model.Verdict, error) {
	if f.err != nil {
		return model.Verdict{}, f.err
	}
	verdict := model.Verdict{Label: "ham", Probability: 0.03, Version: "v9", Variant: "fake"}
	if strings.Contains(sms, "sure") {
		return model.Verdict{Label: "spam", Probability: 0.99999, Version: "v9", Variant: "fake"}, nil
	}
	if strings.Contains(sms, "win") {
		verdict.Label, verdict.Probability = "spam", 0.974
		verdict.Reasons = []model.Reason{{Feature: "win", Weight: 2}, {Feature: "<link>", Weight: 1}, {Feature: "you", Weight: -1}}
	}
	return verdict, nil
}

var errDown = &model.UnavailableError{URL: "http://model/predict", Err: errors.New("connection refused")}

type site struct {
	url string
	log *bytes.Buffer
}

// serveSite serves the real page with a fake model.
func serveSite(t *testing.T, checker web.Checker) site {
	t.Helper()
	log := &bytes.Buffer{}
	mux := http.NewServeMux()
	err := web.Routes(mux, web.Config{
		Checker: checker, Version: "v1", Pod: "app-v1-abc", Title: "Check <it>", Banner: "Hello & welcome",
		Cookie: "sms-version", MaxLength: 40, Dir: "../../web", Log: slog.New(slog.NewJSONHandler(log, nil)),
	}, web.NewMetrics("v1"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return site{url: server.URL, log: log}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (s site) do(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Response: resp, body: string(page)}
}

func (a answer) wants(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d", a.StatusCode, status)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Errorf("the answer lacks %q:\n%s", part, a.body)
		}
	}
}

func (s site) postSMS(t *testing.T, sms string) answer {
	t.Helper()
	return s.do(t, http.MethodPost, "/", url.Values{"sms": {sms}}.Encode())
}

func TestPage(t *testing.T) {
	s := serveSite(t, fakeModel{})
	page := s.do(t, http.MethodGet, "/", "")
	page.wants(t, 200, `data-version="v1"`, "app v1", "Check &lt;it&gt;", "Hello &amp; welcome", "answered by app-v1-abc", `href="/static/style.css"`)
	if got := page.Header.Get("X-App-Version"); got != "v1" {
		t.Errorf("X-App-Version %q, want v1", got)
	}
	if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q, want nothing from elsewhere allowed", got)
	}
	s.do(t, http.MethodGet, "/static/style.css", "").wants(t, 200, "--accent")
	s.do(t, http.MethodGet, "/static/", "").wants(t, 404)
	s.do(t, http.MethodGet, "/index.html", "").wants(t, 404)
	s.do(t, http.MethodGet, "/nowhere", "").wants(t, 404)
	s.do(t, http.MethodPut, "/", "").wants(t, 405)
}

func TestVerdictOnPage(t *testing.T) {
	s := serveSite(t, fakeModel{})
	spam := s.postSMS(t, "win <b>now</b>")
	spam.wants(t, 200, "<h2>Spam</h2>", "97 %", `<li class="for">“win”`, `<li class="for">a link`, `<li class="against">“you”`, "model v9", "win &lt;b&gt;now&lt;/b&gt;")
	if got := spam.Header.Get("X-Model-Version"); got != "v9" {
		t.Errorf("X-Model-Version %q, want v9", got)
	}
	s.postSMS(t, "see you there").wants(t, 200, "<h2>Not spam</h2>", "3 %")
	s.postSMS(t, "for sure").wants(t, 200, "<strong>99 %</strong>")
}

func TestBadInputOnPage(t *testing.T) {
	s := serveSite(t, fakeModel{})
	s.postSMS(t, " \n ").wants(t, 400, "Not checked", "The message is empty")
	s.postSMS(t, strings.Repeat("ä", 41)).wants(t, 413, "41 characters", "at most 40")
	s.postSMS(t, strings.Repeat("ä", 40)).wants(t, 200, "Not spam")
	s.postSMS(t, "\xff\xfe").wants(t, 400, "not valid UTF-8")
	s.do(t, http.MethodPost, "/", "sms=%zz").wants(t, 400, "The form could not be read")
	s.do(t, http.MethodPost, "/", "sms="+strings.Repeat("x", 70<<10)).wants(t, 400, "The form could not be read")
}

func TestModelDown(t *testing.T) {
	s := serveSite(t, fakeModel{err: errDown})
	page := s.postSMS(t, "hello")
	page.wants(t, 502, "The model service gave no answer", "hello</textarea>")
	s.do(t, http.MethodGet, "/api/check?sms=hello", "").wants(t, 502, `"error":"The model service gave no answer`)
	if strings.Contains(page.body, "http://model/predict") {
		t.Error("the page shows an address inside the cluster")
	}
	if !strings.Contains(s.log.String(), "http://model/predict: connection refused") {
		t.Errorf("the log does not say why: %s", s.log)
	}

	s = serveSite(t, fakeModel{err: errors.New("a bug")})
	s.postSMS(t, "hello").wants(t, 500, "The check failed on our side")
}

// TestTemplateIsReadAnew edits the page under a running server.
func TestTemplateIsReadAnew(t *testing.T) {
	dir := t.TempDir()
	write := func(page string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first {{.Version}}")
	if err := os.Mkdir(filepath.Join(dir, "static"), 0o700); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	config := web.Config{Version: "v1", Dir: dir, Cookie: "c", Log: slog.New(slog.DiscardHandler)}
	if err := web.Routes(mux, config, web.NewMetrics("v1")); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	s := site{url: server.URL}

	s.do(t, http.MethodGet, "/", "").wants(t, 200, "first v1")
	write("second {{.Version}}")
	s.do(t, http.MethodGet, "/", "").wants(t, 200, "second v1")
	write("{{.Nonsense}}")
	s.do(t, http.MethodGet, "/", "").wants(t, 500, "template is broken", "Nonsense")

	write("{{if")
	if err := web.Routes(http.NewServeMux(), config, web.NewMetrics("v1")); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("start with a broken template: error %v, want one that names index.html", err)
	}
}

func TestMetricsAndLog(t *testing.T) {
	s := serveSite(t, fakeModel{})
	s.postSMS(t, "win cash")
	s.postSMS(t, "")
	s.do(t, http.MethodGet, "/api/check?sms=win", "")
	s.do(t, http.MethodGet, "/metrics", "").wants(t, 200,
		`sms_app_requests_total{outcome="ok",route="POST /{$}",version="v1"} 1`,
		`sms_app_requests_total{outcome="client_error",route="POST /{$}",version="v1"} 1`,
		`sms_app_request_seconds_count{route="POST /{$}",version="v1"} 2`,
		`sms_app_checks_total{label="spam",model_version="v9",version="v1"} 2`,
		`sms_app_in_flight_requests{version="v1"} 0`)
	if strings.Contains(s.log.String(), "cash") {
		t.Errorf("the log holds the text of a message: %s", s.log)
	}
	down := serveSite(t, fakeModel{err: errDown})
	down.postSMS(t, "hi")
	down.do(t, http.MethodGet, "/metrics", "").wants(t, 200, `outcome="model_down",route="POST /{$}",version="v1"} 1`)
}
