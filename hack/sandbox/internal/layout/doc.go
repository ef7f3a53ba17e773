// Package layout says where everything of a sandbox lies: its state
// directory, what is in it, and the names of the things it makes outside of
// it. It only computes names; it creates and reads nothing. It imports no
// other package of this module.
package layout
