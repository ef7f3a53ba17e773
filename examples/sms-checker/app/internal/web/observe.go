package web

import (
	"net/http"
	"time"
)

// observed sets the headers common to all answers, and counts, times and logs
// each request of a route. The text of a message is never logged.
func (s *server) observed(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		start := time.Now()

		header := w.Header()
		header.Set("X-App-Version", s.Version)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")

		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		took := time.Since(start)
		s.metrics.requests.WithLabelValues(route, outcome(answer.status)).Inc()
		s.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
		s.Log.Info("request", "method", r.Method, "path", r.URL.Path, "status", answer.status,
			"ms", float64(took.Microseconds())/1000, "model_version", header.Get("X-Model-Version"))
	})
}

// recorder remembers the status that was sent.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func outcome(status int) string {
	switch {
	case status == http.StatusBadGateway:
		return "model_down"
	case status >= 500:
		return "server_error"
	case status >= 400:
		return "client_error"
	default:
		return "ok"
	}
}
