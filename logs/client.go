package logs

import (
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// streamBuffer is how much of a log the HTTP/2 client takes in before it is read.
// Go's default of 4 MiB would be held for each container whenever the lines come
// faster than they are shown.
const streamBuffer = 256 << 10

// ClientConfig is a copy of config for a client that a Streamer is made with: it
// does not limit its rate, since the streams of many pods would be opened one
// after the other, and has connections of its own, with small buffers for each
// stream.
func ClientConfig(config *rest.Config) *rest.Config {
	c := rest.CopyConfig(config)
	c.QPS, c.Burst = -1, -1
	if c.Dial == nil {
		// A dialer of its own keeps the transport apart from that of other clients.
		c.Dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
		c.Wrap(func(rt http.RoundTripper) http.RoundTripper {
			if t := innermost(rt); t != nil && t.HTTP2 == nil {
				t.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: streamBuffer}
			}
			return rt
		})
	}
	return c
}

// innermost is the transport inside those that wrap it, or nil where it is not
// known.
func innermost(rt http.RoundTripper) *http.Transport {
	for {
		switch t := rt.(type) {
		case *http.Transport:
			return t
		case interface{ WrappedRoundTripper() http.RoundTripper }:
			rt = t.WrappedRoundTripper()
		default:
			return nil
		}
	}
}
