// Package debian finds the programs a sandbox needs and installs Debian's
// packages of those that are missing, without letting a package start a
// service. It imports no other package of this module.
package debian
