// Package inputs reads what the images and releases of a project are made from,
// as digests. It keeps what it read: after a change it asks an index which targets
// the changed paths concern, and reads these paths again and nothing else, so a
// save costs what it changed and not what the project holds.
//
// It may import internal/config, internal/digest, internal/plan, internal/request,
// build and deploy.
package inputs
