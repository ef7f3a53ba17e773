// Package probe asks a component whether it is healthy and waits until it
// is. It imports no other package of this module.
package probe
