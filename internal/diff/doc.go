// Package diff compares two states of an object field by field and draws the
// difference as lines of YAML: what changed, under the keys and list items that
// lead there, and nothing else. Items of a list are matched by what names them,
// longer texts line by line.
//
// It knows nothing of Kubernetes but the names of the usual keys, and imports
// nothing of devloop.
package diff
