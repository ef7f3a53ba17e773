package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/api"
	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/spam"
)

func TestPredict(t *testing.T) {
	service, _ := newService(t, "")
	for _, test := range []struct{ name, sms, want string }{
		{name: "spam", sms: "You win cash", want: "spam"},
		{name: "ham", sms: "see you there", want: "ham"},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := post(t, service, `{"sms":"`+test.sms+`"}`, "")
			if resp.StatusCode != http.StatusOK || resp.Header.Get("X-Model-Version") != "v7" {
				t.Fatalf("status %d, X-Model-Version %q, want 200 and v7", resp.StatusCode, resp.Header.Get("X-Model-Version"))
			}
			var got api.Prediction
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if got.Label != test.want || (got.Probability >= 0.5) != (test.want == "spam") {
				t.Errorf("got %+v, want %s with a probability to match", got, test.want)
			}
			if got.Version != "v7" || got.Variant != "words" || len(got.Reasons) == 0 {
				t.Errorf("got %+v, want version v7, variant words and reasons", got)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	service, _ := newService(t, "")
	for _, test := range []struct {
		name, body string
		status     int
		say        string
	}{
		{name: "not JSON", body: "hello", status: 400, say: "not JSON"},
		{name: "empty body", body: "", status: 400, say: "not JSON"},
		{name: "empty message", body: `{"sms":" \n"}`, status: 400, say: "empty"},
		{name: "no message", body: `{}`, status: 400, say: "empty"},
		{name: "wrong type", body: `{"sms":5}`, status: 400, say: "not JSON of the form"},
		{name: "too long a message", body: `{"sms":"` + strings.Repeat("ä", 1601) + `"}`, status: 413, say: "1600"},
		{name: "too large a body", body: `{"sms":"` + strings.Repeat("x", 70<<10) + `"}`, status: 413, say: "64 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := post(t, service, test.body, "")
			body := read(t, resp)
			if resp.StatusCode != test.status || !strings.Contains(body, test.say) || !json.Valid([]byte(body)) {
				t.Errorf("got %d %s, want %d and JSON that says %q", resp.StatusCode, body, test.status, test.say)
			}
		})
	}
}

func TestLongestMessageIsJudged(t *testing.T) {
	service, _ := newService(t, "")
	if resp := post(t, service, `{"sms":"`+strings.Repeat("ä", 1600)+`"}`, ""); resp.StatusCode != http.StatusOK {
		t.Errorf("1600 characters: %d, want 200", resp.StatusCode)
	}
}

func TestAPIKey(t *testing.T) {
	service, _ := newService(t, "open sesame")
	for key, want := range map[string]int{"": 401, "open": 401, "open sesame": 200} {
		if resp := post(t, service, `{"sms":"hi"}`, key); resp.StatusCode != want {
			t.Errorf("key %q: %d, want %d", key, resp.StatusCode, want)
		}
	}
}

func TestMetricsAndLogTellWhatHappened(t *testing.T) {
	service, log := newService(t, "")
	post(t, service, `{"sms":"win cash now"}`, "")
	post(t, service, `{"sms":""}`, "")

	resp, err := http.Get(service + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page := read(t, resp)
	for _, want := range []string{
		`sms_model_requests_total{handler="predict",outcome="ok",version="v7"} 1`,
		`sms_model_requests_total{handler="predict",outcome="client_error",version="v7"} 1`,
		`sms_model_request_seconds_count{handler="predict",version="v7"} 2`,
		`sms_model_in_flight_requests{version="v7"} 0`,
		`sms_model_predictions_total{label="spam",version="v7"} 1`,
		`sms_model_held_out_accuracy{variant="words",version="v7"} 0.9`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(log.String(), "cash") {
		t.Errorf("the log holds the text of a message: %s", log)
	}
	if lines := strings.Count(log.String(), `"msg":"request"`); lines != 2 {
		t.Errorf("%d request lines in the log, want 2: %s", lines, log)
	}
}

// newService serves a model trained on four messages, and returns its address
// and its log.
func newService(t *testing.T, key string) (string, *bytes.Buffer) {
	t.Helper()
	variant, err := spam.VariantNamed("words")
	if err != nil {
		t.Fatal(err)
	}
	model, err := spam.Train([]spam.Message{
		{Text: "win cash", Spam: true}, {Text: "win a prize", Spam: true},
		{Text: "see you"}, {Text: "are you there"},
	}, variant)
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	metrics := api.NewMetrics("v7")
	metrics.SetAccuracy("words", 0.9)
	mux := http.NewServeMux()
	api.Routes(mux, api.Config{Model: model, Version: "v7", Variant: "words", APIKey: key,
		Log: slog.New(slog.NewJSONHandler(log, nil))}, metrics)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, log
}

func post(t *testing.T, base, body, key string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/predict", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
