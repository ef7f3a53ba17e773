// Package queue stands between those who tell and a terminal, or a pipe, that may
// be slower: adding to it never waits. What may be dropped is, oldest first, once
// too much of it waits, and a count of it takes its place.
//
// It imports nothing of devloop.
package queue
