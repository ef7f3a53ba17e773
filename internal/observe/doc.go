// Package observe holds the eyes of the benchmark and of experiments: it says when
// the API server, an answer over HTTP or a file in a container shows an edit, by
// requests that belong to nobody else. It takes no tool's word for anything.
//
// It imports nothing of devloop.
package observe
