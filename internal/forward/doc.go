// Package forward makes ports of services reachable on this machine for as long
// as devloop runs. It listens once per service and opens a stream to a ready pod
// for each connection, so pods may come and go.
// Connections go through the API server, as with kubectl port-forward.
//
// Of devloop it may import internal/near.
package forward
