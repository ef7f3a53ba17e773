package web

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"path/filepath"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
)

// page is what index.html shows.
type page struct {
	Title, Banner, Version, Pod string
	MaxLength                   int
	SMS                         string
	Problem                     string  // what went wrong, or ""
	Result                      *result // nil before a check
	Asked                       string  // the version that the cookie asks for, or ""
	Examples                    []string
}

// result is a verdict in words and figures for people.
type result struct {
	Spam           bool
	Percent        int // how likely it is spam, 1 to 99
	Version, Model string
	Reasons        []reason
}

type reason struct {
	Text string
	Spam bool // speaks for spam
}

func (s *server) showPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, page{})
}

func (s *server) checkOnPage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		s.render(w, r, http.StatusBadRequest, page{Problem: "The form could not be read: " + err.Error() + "."})
		return
	}
	sms := r.PostForm.Get("sms")
	verdict, problem := s.check(r.Context(), sms)
	if problem != nil {
		s.render(w, r, problem.status, page{SMS: sms, Problem: problem.text})
		return
	}
	w.Header().Set("X-Model-Version", verdict.Version)
	s.render(w, r, http.StatusOK, page{SMS: sms, Result: inWords(verdict)})
}

// render completes the page with what is the same on each and sends it.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, p page) {
	p.Title, p.Banner, p.Version, p.Pod, p.MaxLength = s.Title, s.Banner, s.Version, s.Pod, s.MaxLength
	p.Asked = s.keepVersion(w, r)
	p.Examples = []string{
		"Running ten minutes late, order me a coffee please",
		"WINNER! Claim your 1000 euro prize now at http://prize.example",
		"Your parcel is with the neighbours at number 12",
	}
	// Into memory first: a template that fails half-way must not send half a page.
	var body bytes.Buffer
	tmpl, err := s.template()
	if err == nil {
		err = tmpl.Execute(&body, p)
	}
	if err != nil {
		s.Log.Error("render page", "error", err.Error())
		http.Error(w, "The page's template is broken: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := body.WriteTo(w); err != nil {
		s.Log.Warn("write page", "error", err.Error())
	}
}

func (s *server) template() (*template.Template, error) {
	tmpl, err := template.ParseFiles(filepath.Join(s.Dir, "index.html"))
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	return tmpl, nil
}

func inWords(verdict model.Verdict) *result {
	r := &result{
		Spam:    verdict.Label == "spam",
		Percent: percent(verdict.Probability),
		Version: verdict.Version,
		Model:   verdict.Variant,
	}
	for _, why := range verdict.Reasons {
		r.Reasons = append(r.Reasons, reason{Text: signInWords(why.Feature), Spam: why.Weight > 0})
	}
	return r
}

// percent rounds a probability, and never to a certainty that no model has.
func percent(probability float64) int {
	return min(max(int(math.Round(100*probability)), 1), 99)
}

// signInWords names the model's marks, which stand for more than one word.
func signInWords(feature string) string {
	switch feature {
	case "<link>":
		return "a link"
	case "<number>":
		return "a number"
	case "<phone>":
		return "a phone number"
	case "<shouting>":
		return "a word in capitals"
	case "<!>":
		return "an exclamation mark"
	default:
		return "“" + feature + "”"
	}
}
