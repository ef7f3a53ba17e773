// Package serve runs an HTTP server the way Kubernetes expects: probes that tell
// alive from ready, and a stop that first leaves the Service and then finishes
// the requests in flight. It knows nothing of what is served and imports the
// standard library only.
package serve
