// Package scaffold writes the devloop.yaml that a folder seems to want. It looks
// for charts, Dockerfiles and values files, matches the image values of the charts
// to what is built here by their names, renders the charts for the services to
// forward, and asks where two answers are as good. What it decided, and what it left
// out, it says.
//
// It reads files and talks to nobody. Of devloop it may import internal/config,
// internal/overlay and build.
package scaffold
