// Package pki makes the certificates and keys of a sandbox: one authority and
// what it signs, all ECDSA P-256 and valid for ten years, because a sandbox is
// thrown away long before. It imports no other package of this module.
package pki
