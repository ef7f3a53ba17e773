package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestAPICheck(t *testing.T) {
	s := serveSite(t, fakeModel{})
	for name, got := range map[string]answer{
		"GET":  s.do(t, http.MethodGet, "/api/check?sms=win+now", ""),
		"POST": s.do(t, http.MethodPost, "/api/check", `{"sms":"win now"}`),
	} {
		t.Run(name, func(t *testing.T) {
			got.wants(t, 200)
			var body struct {
				SMS, Label   string
				Probability  float64
				AppVersion   string `json:"app_version"`
				ModelVersion string `json:"model_version"`
			}
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			if body.SMS != "win now" || body.Label != "spam" || body.Probability != 0.974 || body.AppVersion != "v1" || body.ModelVersion != "v9" {
				t.Errorf("got %+v, want the model's verdict and both versions", body)
			}
			if got.Header.Get("X-App-Version") != "v1" || got.Header.Get("X-Model-Version") != "v9" {
				t.Errorf("headers %v, want both versions", got.Header)
			}
		})
	}
	s.do(t, http.MethodGet, "/api/check?sms=ok", "").wants(t, 200, `"label":"ham"`, `"reasons":[]`)
	s.do(t, http.MethodGet, "/api/version", "").wants(t, 200, `"version":"v1"`, `"pod":"app-v1-abc"`)
}

func TestAPIBadInput(t *testing.T) {
	s := serveSite(t, fakeModel{})
	for _, test := range []struct {
		name, body string
		status     int
		say        string
	}{
		{name: "not JSON", body: "sms=hello", status: 400, say: "not JSON of the form"},
		{name: "empty body", body: "", status: 400, say: "not JSON of the form"},
		{name: "empty message", body: `{"sms":""}`, status: 400, say: "empty"},
		{name: "too long", body: `{"sms":"` + strings.Repeat("x", 41) + `"}`, status: 413, say: "at most 40"},
		{name: "too large", body: `{"sms":"` + strings.Repeat("x", 70<<10) + `"}`, status: 413, say: "64 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := s.do(t, http.MethodPost, "/api/check", test.body)
			got.wants(t, test.status, test.say)
			if !json.Valid([]byte(got.body)) || got.Header.Get("X-App-Version") != "v1" {
				t.Errorf("got %s with %v, want JSON and the version", got.body, got.Header)
			}
		})
	}
	s.do(t, http.MethodGet, "/api/check", "").wants(t, 400, "empty")
}
