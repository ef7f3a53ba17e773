// Package near finds the name that somebody meant by a name that does not exist.
// It is one function over edit distances, for messages that end in "did you mean".
//
// It imports nothing of devloop.
package near
