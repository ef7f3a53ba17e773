// Package machine says what a measurement's figures depend on: memory, processor and
// load of this machine.
//
// It imports nothing of devloop.
package machine
