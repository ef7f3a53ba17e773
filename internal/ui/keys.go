package ui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// command is what a key asks for.
type command int

const (
	noCommand command = iota
	retryCommand
	pauseCommand
	filterCommand
	timelineCommand
	diffCommand
	errorsCommand
	openCommand
	helpCommand
	quitCommand
	suspendCommand
)

// binding is a key and what it is for.
type binding struct {
	key, does string
	command   command
}

// keys are what the footer listens to, in the order of its help.
func keys() []binding {
	return []binding{
		{"r", "try again what failed", retryCommand},
		{"p", "pause: leave saves alone; again: go on", pauseCommand},
		{"f", "filter the logs: a regular expression, level>=warn, or both; Esc ends it", filterCommand},
		{"t", "where the time of the last iteration went", timelineCommand},
		{"d", "what the last apply changed", diffCommand},
		{"e", "the errors that are left to fix, in full", errorsCommand},
		{"o", "open the forwarded URL in the browser", openCommand},
		{"?", "these lines", helpCommand},
		{"q", "quit, as Ctrl-C; what runs stays", quitCommand},
	}
}

// commandOf is what a key means where nothing is asked or typed.
func commandOf(k tea.KeyMsg) command {
	switch k.Type {
	case tea.KeyCtrlC:
		return quitCommand
	case tea.KeyCtrlZ:
		return suspendCommand
	}
	if k.Paste { // words that were meant for another window
		return noCommand
	}
	for _, b := range keys() {
		if k.String() == b.key {
			return b.command
		}
	}
	return noCommand
}

// help is a line for each key.
func (s style) help() string {
	text := s.strong.Render("keys")
	for _, k := range keys() {
		text += "\n  " + s.number.Render(k.key) + "  " + k.does
	}
	return text
}
