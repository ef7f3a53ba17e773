// Package netplan chooses the addresses and the ports of a sandbox so that
// they collide with nothing the machine has, and says how a chosen range is
// divided. It reads the machine's interfaces, routes and ports and changes
// nothing. It imports no other package of this module.
package netplan
