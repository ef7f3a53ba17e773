package logs

import (
	"net/http"
	"testing"

	"k8s.io/client-go/rest"
)

func TestClientsOfStreamersHaveSmallBuffers(t *testing.T) {
	config := &rest.Config{Host: "https://example.invalid", TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	transport := func(c *rest.Config) *http.Transport {
		client, err := rest.HTTPClientFor(c)
		if err != nil {
			t.Fatal(err)
		}
		return innermost(client.Transport)
	}
	for range 2 {
		if own := transport(ClientConfig(config)); own == nil || own.HTTP2 == nil || own.HTTP2.MaxReceiveBufferPerStream != streamBuffer {
			t.Errorf("the transport is %+v", own)
		}
	}
	if other := transport(config); other.HTTP2 != nil {
		t.Error("the transport of other clients was changed")
	}
}
