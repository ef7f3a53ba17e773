// Package data holds the labelled text messages the classifier learns from and
// is measured on. Every line of both files was written for this example, and the
// held-out messages were worded without reuse of the training ones: a test in
// package spam checks that no run of five words is in both. It imports nothing
// of this module.
package data

import (
	_ "embed"
	"io"
	"strings"
)

var (
	//go:embed train.tsv
	train string
	//go:embed heldout.tsv
	heldOut string
)

// Train returns the messages to learn from, one "label<TAB>text" a line.
func Train() io.Reader { return strings.NewReader(train) }

// HeldOut returns the messages that training must never see, in the same form.
func HeldOut() io.Reader { return strings.NewReader(heldOut) }
