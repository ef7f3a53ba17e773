// Package logs brings the output of every container of the selected pods into
// one stream of whole lines. A Streamer has one pod watch for each namespace and
// one follower for each container, init and ephemeral ones included; a follower
// starts with its container, goes on with the next instance after a restart,
// and resumes a broken connection without a lost or repeated line. The lines of
// all followers are put in the order of their times within a tenth of a second.
// A Filter chooses among them, a Printer draws them for a person, each pod in its
// colour of a Palette.
//
// It imports client-go and lipgloss, and nothing of this module.
package logs
