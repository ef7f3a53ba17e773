// Package loop runs devloop: it looks at the files, asks the plan what that
// means, sends workers to build, apply and wait, and takes a newer save over an
// older one. One goroutine owns the state; workers get what they need by value
// and report back over a channel; all that happens is told as events.
//
// It knows watch, build, deploy and logs through the small interfaces it
// declares, and nothing of commands or of the terminal.
package loop
