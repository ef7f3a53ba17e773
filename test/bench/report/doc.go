// Package report turns measured runs into statistics, holds them against the
// targets and prints them: as a table for a terminal, as Markdown for docs/, as
// JSON for programs.
//
// It imports nothing of devloop.
package report
