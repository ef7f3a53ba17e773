// Package check is the program's "-check" mode: it asks addresses and reports
// which did not answer 200. An image from scratch has no shell and no curl, so
// the chart's test pod runs this instead. It imports the standard library only.
package check
