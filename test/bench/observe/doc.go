// Package observe is the benchmark's own eyes: it says when the API server
// shows an edit, by watches that belong to nobody else, and what was written
// there. It takes no tool's word for anything.
//
// It imports nothing of devloop.
package observe
