package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/devloop-dev/devloop/examples/sms-checker/app/internal/model"
)

// maxBody bounds what is read of a request, in bytes.
const maxBody = 64 << 10

// Checker gives the verdict on one message.
type Checker interface {
	Check(ctx context.Context, sms string) (model.Verdict, error)
}

// Config is what the page and the API need to know.
type Config struct {
	Checker   Checker
	Version   string // of this deployment, such as v1: on the page, in X-App-Version and in the cookie
	Pod       string // shown at the foot of the page
	Title     string
	Banner    string // a line above the form; "" shows none
	Cookie    string // name of the cookie that keeps a visitor on a version
	MaxLength int    // longest message accepted, in characters
	Dir       string // folder with index.html and static/
	Log       *slog.Logger
}

// server answers requests; it does not change after Routes.
type server struct {
	Config
	metrics *Metrics
}

// Routes adds the page, its static files, the API and GET /metrics to mux. It
// fails when the page's template cannot be used. The template is read again for
// every page, so that an edited file shows without a restart.
func Routes(mux *http.ServeMux, config Config, metrics *Metrics) error {
	s := &server{Config: config, metrics: metrics}
	if _, err := s.template(); err != nil {
		return err
	}
	static := filepath.Join(s.Dir, "static")
	if _, err := os.Stat(static); err != nil {
		return fmt.Errorf("find the page's static files: %w", err)
	}
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /{$}":         s.showPage,
		"POST /{$}":        s.checkOnPage,
		"POST /version":    s.chooseVersion,
		"GET /api/check":   s.checkByQuery,
		"POST /api/check":  s.checkByBody,
		"GET /api/version": s.showVersion,
		"GET /static/":     noListing(http.StripPrefix("/static/", http.FileServer(http.Dir(static)))),
	} {
		mux.Handle(pattern, s.observed(pattern, handler))
	}
	mux.Handle("GET /metrics", metrics.Handler())
	return nil
}

// noListing hides which files a folder has.
func noListing(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r)
			return
		}
		// The files may be replaced while the pod runs.
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	}
}

// problem is an answer that tells the visitor what went wrong.
type problem struct {
	status int
	text   string
}

// check validates a message and gets the verdict on it, or says what is wrong.
func (s *server) check(ctx context.Context, sms string) (model.Verdict, *problem) {
	switch {
	case strings.TrimSpace(sms) == "":
		return model.Verdict{}, &problem{http.StatusBadRequest, "The message is empty: there is nothing to check."}
	case !utf8.ValidString(sms):
		return model.Verdict{}, &problem{http.StatusBadRequest, "The message is not valid UTF-8 text."}
	case utf8.RuneCountInString(sms) > s.MaxLength:
		return model.Verdict{}, &problem{http.StatusRequestEntityTooLarge,
			fmt.Sprintf("The message has %d characters, and at most %d are checked.", utf8.RuneCountInString(sms), s.MaxLength)}
	}
	verdict, err := s.Checker.Check(ctx, sms)
	if err != nil {
		s.Log.Error("check failed", "error", err.Error())
		var unavailable *model.UnavailableError
		if errors.As(err, &unavailable) {
			return model.Verdict{}, &problem{http.StatusBadGateway,
				"The model service gave no answer, so this message could not be checked. Nothing is wrong with your message: try again in a moment."}
		}
		return model.Verdict{}, &problem{http.StatusInternalServerError, "The check failed on our side."}
	}
	s.metrics.checks.WithLabelValues(verdict.Label, verdict.Version).Inc()
	return verdict, nil
}
