// Package proc starts daemons, remembers which process each of them is, and
// tells later, from another process, whether that very process still runs. A
// number of a process that has been given to another one since is never taken
// for the daemon. It imports no other package of this module.
package proc
