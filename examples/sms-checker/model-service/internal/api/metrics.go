package api

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the service's figures for Prometheus. Each carries the label
// "version", so that a canary can be compared with the version beside it.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	inFlight    prometheus.Gauge
	predictions *prometheus.CounterVec
	accuracy    *prometheus.GaugeVec
}

// NewMetrics registers the figures of a service of that version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sms_model_requests_total",
			Help: "Requests answered, by outcome: ok, client_error or server_error.",
		}, []string{"handler", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sms_model_request_seconds",
			Help:    "Time from a request to its answer, in seconds.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"handler"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sms_model_in_flight_requests",
			Help: "Requests being answered now.",
		}),
		predictions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sms_model_predictions_total",
			Help: "Messages judged, by verdict: ham or spam.",
		}, []string{"label"}),
		accuracy: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "sms_model_held_out_accuracy",
			Help: "Share of held-out messages judged rightly at start-up, 0 to 1.",
		}, []string{"variant"}),
	}
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"version": version}, m.registry)
	labelled.MustRegister(m.requests, m.seconds, m.inFlight, m.predictions, m.accuracy)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// SetAccuracy publishes the share of held-out messages judged rightly, 0 to 1.
func (m *Metrics) SetAccuracy(variant string, accuracy float64) {
	m.accuracy.WithLabelValues(variant).Set(accuracy)
}

// Handler serves the figures in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
