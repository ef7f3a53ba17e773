// Package spam is a small text classifier: a naive Bayes model over the words of
// a text message, trained in a few milliseconds whenever the service starts.
// Everything in it is deterministic: the same training messages give the same
// probabilities. It knows nothing of HTTP and imports the standard library only.
package spam
