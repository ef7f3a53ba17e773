// Package control lets commands talk to the devloop that runs for a project,
// over a Unix socket that only its user can open. A request and its answer are
// one line of JSON each; an asker that hangs up takes its request back.
// The socket is also what keeps a second devloop off the same project.
//
// It imports nothing of devloop.
package control
