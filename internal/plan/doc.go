// Package plan decides what a change asks for. It compares what the files said
// before with what they say now, both as digests, and returns the least actions
// with their reasons. It is pure: no clock, no files, no cluster, and the same
// input always gives the same plan.
//
// It may import internal/digest and nothing else of devloop.
package plan
