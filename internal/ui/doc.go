// Package ui draws the events of the loop as lines for a person: one line when
// something begins, one when an iteration ends, failures in full, and between
// them the logs of the pods. On a terminal a footer below them shows where each
// image and release stands, keeps errors until they are fixed, and takes keys.
// Lines are written whole, also from several goroutines, and hold no control
// characters but colours.
//
// It may import internal/event and logs (for the colours of pods), nothing else
// of devloop.
package ui
