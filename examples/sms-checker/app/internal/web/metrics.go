package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the app's figures for Prometheus. Each carries the label
// "version", so that a canary can be compared with the version beside it.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	checks   *prometheus.CounterVec
}

// NewMetrics registers the figures of an app of that version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sms_app_requests_total",
			Help: "Requests answered, by outcome: ok, client_error, model_down or server_error.",
		}, []string{"route", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sms_app_request_seconds",
			Help:    "Time from a request to its answer, in seconds.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 13),
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sms_app_in_flight_requests",
			Help: "Requests being answered now.",
		}),
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sms_app_checks_total",
			Help: "Messages checked, by verdict and by the version of the model that gave it.",
		}, []string{"label", "model_version"}),
	}
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"version": version}, m.registry)
	labelled.MustRegister(m.requests, m.seconds, m.inFlight, m.checks)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the figures in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
