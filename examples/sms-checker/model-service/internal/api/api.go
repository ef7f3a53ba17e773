package api

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/devloop-dev/devloop/examples/sms-checker/model-service/internal/spam"
)

const (
	// maxBody bounds what is read of a request, in bytes.
	maxBody = 64 << 10
	// maxMessage is the longest message judged, in characters: ten text
	// messages joined to one.
	maxMessage = 1600
)

// Predictor judges one message.
type Predictor interface {
	Predict(text string) spam.Verdict
}

// Config is what the API needs to know.
type Config struct {
	Model   Predictor
	Version string // of the deployment, such as v1; returned with every answer
	Variant string // of the model; returned with every answer
	APIKey  string // callers must send it as a bearer token; "" lets everybody in
	Log     *slog.Logger
}

// Prediction is the answer to POST /predict.
type Prediction struct {
	Label       string   `json:"label"`       // ham or spam
	Probability float64  `json:"probability"` // that it is spam, 0 to 1
	Version     string   `json:"version"`
	Variant     string   `json:"variant"`
	Reasons     []Reason `json:"reasons"` // weightiest first, never null
}

// Reason is one feature of the message: a weight above 0 speaks for spam.
type Reason struct {
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

type request struct {
	SMS string `json:"sms"`
}

type failure struct {
	Error string `json:"error"`
}

// Routes adds POST /predict and GET /metrics.
func Routes(mux *http.ServeMux, config Config, metrics *Metrics) {
	mux.Handle("POST /predict", observed("predict", config.Log, metrics, config.predict(metrics)))
	mux.Handle("GET /metrics", metrics.Handler())
}

func (c Config) predict(metrics *Metrics) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !c.allowed(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			c.reply(w, http.StatusUnauthorized, failure{"missing or wrong API key"})
			return
		}
		var asked request
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&asked); err != nil {
			status, text := http.StatusBadRequest, `the body is not JSON of the form {"sms": "..."}: `+err.Error()
			if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
				status, text = http.StatusRequestEntityTooLarge, "the body is over 64 KiB"
			}
			c.reply(w, status, failure{text})
			return
		}
		switch {
		case strings.TrimSpace(asked.SMS) == "":
			c.reply(w, http.StatusBadRequest, failure{"the message is empty"})
			return
		case utf8.RuneCountInString(asked.SMS) > maxMessage:
			c.reply(w, http.StatusRequestEntityTooLarge, failure{"the message is over 1600 characters"})
			return
		}

		verdict := c.Model.Predict(asked.SMS)
		answer := Prediction{Label: "ham", Probability: verdict.Probability, Version: c.Version, Variant: c.Variant, Reasons: []Reason{}}
		if verdict.Spam {
			answer.Label = "spam"
		}
		for _, reason := range verdict.Reasons {
			answer.Reasons = append(answer.Reasons, Reason(reason))
		}
		metrics.predictions.WithLabelValues(answer.Label).Inc()
		c.reply(w, http.StatusOK, answer)
	}
}

// allowed compares in constant time, so that the key cannot be guessed by timing.
func (c Config) allowed(r *http.Request) bool {
	if c.APIKey == "" {
		return true
	}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(c.APIKey)) == 1
}

func (c Config) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Model-Version", c.Version)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		c.Log.Warn("write answer", "error", err)
	}
}
