// Package cgroup keeps everything that a sandbox starts in one control group,
// so that exactly those processes can be found and ended later, whatever they
// have forked meanwhile. It knows version 1 (one tree for each controller)
// and version 2 (one tree). It imports no other package of this module.
package cgroup
