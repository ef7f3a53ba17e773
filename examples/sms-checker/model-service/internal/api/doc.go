// Package api is the HTTP face of the model: it checks the request, asks the
// model, and answers in JSON. Every request is counted for Prometheus and
// logged, without the text of the message. It may not import package serve.
package api
