// Package logs brings the output of every container of the selected pods into
// one stream of whole lines. It has one pod watch for each namespace and one
// follower for each container, init and ephemeral ones included; a follower
// starts with its container, goes on with the next instance after a restart,
// and resumes a broken connection without a lost or repeated line. Palette
// gives each pod its colour.
//
// It imports client-go and lipgloss, and nothing of this module.
package logs
