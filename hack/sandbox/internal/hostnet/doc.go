// Package hostnet gives the machine the addresses, routes and packet rules
// that a sandbox needs and takes exactly those away again. It runs ip, nft
// and iptables. Of this module it imports only layout and netplan.
package hostnet
