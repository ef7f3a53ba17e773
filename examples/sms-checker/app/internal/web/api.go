package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
)

type checkRequest struct {
	SMS string `json:"sms"`
}

type checkAnswer struct {
	SMS          string         `json:"sms"`
	Label        string         `json:"label"`       // ham or spam
	Probability  float64        `json:"probability"` // that it is spam, 0 to 1
	AppVersion   string         `json:"app_version"`
	ModelVersion string         `json:"model_version"`
	ModelVariant string         `json:"model_variant"`
	Reasons      []model.Reason `json:"reasons"` // weightiest first, never null
}

type failure struct {
	Error      string `json:"error"`
	AppVersion string `json:"app_version"`
}

// checkByQuery answers GET /api/check?sms=..., handy in a browser and for probes.
func (s *server) checkByQuery(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, r.URL.Query().Get("sms"))
}

// checkByBody answers POST /api/check with {"sms": "..."} as the body.
func (s *server) checkByBody(w http.ResponseWriter, r *http.Request) {
	var asked checkRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&asked); err != nil {
		status, text := http.StatusBadRequest, `The body is not JSON of the form {"sms": "..."}: `+err.Error()+"."
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status, text = http.StatusRequestEntityTooLarge, "The body is over 64 KiB."
		}
		s.reply(w, status, failure{Error: text, AppVersion: s.Version})
		return
	}
	s.answer(w, r, asked.SMS)
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, sms string) {
	verdict, problem := s.check(r.Context(), sms)
	if problem != nil {
		s.reply(w, problem.status, failure{Error: problem.text, AppVersion: s.Version})
		return
	}
	w.Header().Set("X-Model-Version", verdict.Version)
	reasons := verdict.Reasons
	if reasons == nil {
		reasons = []model.Reason{}
	}
	s.reply(w, http.StatusOK, checkAnswer{
		SMS: sms, Label: verdict.Label, Probability: verdict.Probability, AppVersion: s.Version,
		ModelVersion: verdict.Version, ModelVariant: verdict.Variant, Reasons: reasons,
	})
}

// showVersion answers GET /api/version: which version and pod answered.
func (s *server) showVersion(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, map[string]string{"version": s.Version, "pod": s.Pod})
}

func (s *server) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.Log.Warn("write answer", "error", err.Error())
	}
}
