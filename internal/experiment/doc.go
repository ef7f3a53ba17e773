// Package experiment measures how long it takes until a change is verified. It reads
// an experiment's file, runs its scenarios in each arm in a random order, on copies
// of the project in namespaces of their own, and keeps every trial as a line of
// JSON. What the figures say is worked out from these lines alone.
//
// It imports config, machine, observe, procgroup and stat, nothing of the loop:
// devloop is an arm like every other, a command.
package experiment
