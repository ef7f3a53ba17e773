package deploy

import (
	"sync"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// recordCache keeps the records that were read or written last. It is safe for
// concurrent use.
type recordCache struct {
	mu    sync.Mutex
	known map[[2]string]*record // namespace, secret name
}

func (c *recordCache) get(namespace, key string) *record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[[2]string{namespace, key}]
}

func (c *recordCache) put(namespace, key string, rec *record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[2]string]*record{}
	}
	c.known[[2]string{namespace, key}] = rec
}

func (c *recordCache) drop(namespace, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, [2]string{namespace, key})
}

// only forgets the records of a release that are no longer what the cluster has,
// and those that no action will read again.
func (c *recordCache) only(namespace, name string, history map[string]*record) {
	newest := 0
	for _, rec := range history {
		newest = max(newest, rec.revision())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, rec := range c.known {
		if key[0] != namespace || rec.labels["name"] != name {
			continue
		}
		now := history[key[1]]
		if now != rec || rec.revision() != newest && rec.labels["status"] != "deployed" {
			delete(c.known, key)
		}
	}
}

func (r *records) secrets() corev1client.SecretInterface {
	return r.cluster.client.CoreV1().Secrets(r.namespace)
}
