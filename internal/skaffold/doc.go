// Package skaffold turns a skaffold.yaml into a devloop.yaml, for devloop init
// --from. It reads the schemas from v2alpha1 to v4beta13 by their keys, follows
// requires to other files, and lists every key that it did not carry over with
// its line, the reason and what to do instead: a key is either used or listed.
//
// Of devloop it may import internal/config and internal/scaffold.
package skaffold
