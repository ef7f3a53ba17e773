// Package workshop makes images of the example and brings them to the cluster, each
// part by a call of its own, so that a benchmark can time the parts and the floor can
// do them and nothing else. What is called is what devloop itself is made from: package
// build; it imports nothing else of devloop.
package workshop
