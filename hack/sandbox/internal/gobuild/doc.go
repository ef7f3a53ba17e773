// Package gobuild builds the sandbox's binaries from the sources of this
// module and keeps them in the user's cache directory, under a key that
// changes with whatever goes into them. Several runs beside each other build
// once. Of this module it imports only flock.
package gobuild
