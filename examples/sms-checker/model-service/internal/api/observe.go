package api

import (
	"log/slog"
	"net/http"
	"time"
)

// observed counts, times and logs every request that next answers.
func observed(name string, log *slog.Logger, metrics *Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		metrics.inFlight.Inc()
		defer metrics.inFlight.Dec()
		start := time.Now()
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		took := time.Since(start)
		metrics.requests.WithLabelValues(name, outcome(answer.status)).Inc()
		metrics.seconds.WithLabelValues(name).Observe(took.Seconds())
		log.Info("request", "handler", name, "method", r.Method, "status", answer.status,
			"ms", float64(took.Microseconds())/1000, "caller", r.Header.Get("X-App-Version"))
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
	case status >= 500:
		return "server_error"
	case status >= 400:
		return "client_error"
	default:
		return "ok"
	}
}
