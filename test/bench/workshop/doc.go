// Package workshop compiles the example's app, makes its image, brings that to the
// cluster and patches Deployments, each part by a call of its own, so that a benchmark
// can time the parts and the floor can do them and nothing else. What is called is what
// devloop itself is made from: package build; it imports nothing else of devloop.
package workshop
