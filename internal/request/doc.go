// Package request turns what devloop.yaml says of an image or a release into what
// build and deploy are asked for. The loop, plan, render and build commands ask
// through it, so that none of them asks for anything else than the others.
//
// It may import internal/config, build and deploy.
package request
