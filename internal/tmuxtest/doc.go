// Package tmuxtest gives tests a real terminal emulator, tmux, with a shell in it:
// what a person would see, type and have in the scrollback. Nothing waits for a time,
// all for what is on the screen. It imports nothing of devloop.
package tmuxtest
