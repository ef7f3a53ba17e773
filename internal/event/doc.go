// Package event holds what devloop tells: one typed event for each thing that
// happened, in the order it happened. Terminal, JSON and reports are all drawn
// from this one stream, so none of them can know more than another.
// Events are plain data; their JSON form carries a version, a time and a type.
//
// It imports nothing of devloop.
package event
