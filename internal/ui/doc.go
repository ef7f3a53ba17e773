// Package ui draws the events of the loop as lines for a person: one line when
// something begins, one when an iteration ends, failures in full, and between
// them the logs of the pods.
// Lines are written whole, also from several goroutines, and hold no control
// characters but colours.
//
// It may import internal/event and logs (for the colours of pods), nothing else
// of devloop.
package ui
