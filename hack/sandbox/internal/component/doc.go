// Package component says how each part of a sandbox is started, configured
// and asked for its health: one file for each. It computes specifications and
// starts nothing itself. Of this module it imports only layout, netplan and
// probe.
package component
