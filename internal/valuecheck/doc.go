// Package valuecheck finds keys under a release's set: that its chart does not know:
// Helm takes them without a word, and nothing happens. A key counts as known when
// the chart's values have it, when a template mentions it, or when it lies in a map
// that the chart leaves open.
//
// Of devloop it may import internal/near and internal/overlay.
package valuecheck
