// Package overlay lays the values of a Helm release over each other, as helm does
// with one values file after the other. It is for all who need the values of a
// chart: to render it, to find its images, to check keys against it.
//
// It imports nothing of devloop.
package overlay
