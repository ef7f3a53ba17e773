package deploy

import (
	"maps"
	"sync"

	"helm.sh/helm/v3/pkg/release"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// recordCache keeps of each release's history what the last action read or left.
// Its maps and records are not written to. It is safe for concurrent use.
type recordCache struct {
	mu        sync.Mutex
	histories map[[2]string]map[string]*record // namespace, release -> secret name
	single    map[[2]string]*record            // namespace, secret name; those that are whole
}

// history is a release's history as it was left, as the caller's own map.
func (c *recordCache) history(namespace, name string) map[string]*record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.histories[[2]string{namespace, name}])
}

// get is a whole record, or nil.
func (c *recordCache) get(namespace, key string) *record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.single[[2]string{namespace, key}]
}

// put keeps a whole record.
func (c *recordCache) put(namespace, key string, rec *record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.single == nil {
		c.single = map[[2]string]*record{}
	}
	c.single[[2]string{namespace, key}] = rec
}

// keep replaces a release's history. Whole records stay only where an action
// will read them again: the newest and the deployed one.
func (c *recordCache) keep(namespace, name string, history map[string]*record) {
	newest := 0
	for _, rec := range history {
		newest = max(newest, rec.revision())
	}
	kept := map[string]*record{}
	for key, rec := range history {
		if rec.release != nil && rec.revision() != newest && rec.labels["status"] != release.StatusDeployed.String() {
			rec = &record{resourceVersion: rec.resourceVersion, labels: rec.labels}
		}
		kept[key] = rec
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.histories == nil {
		c.histories = map[[2]string]map[string]*record{}
	}
	if c.histories[[2]string{namespace, name}] = kept; len(kept) == 0 {
		delete(c.histories, [2]string{namespace, name})
	}
	for id, rec := range c.single {
		if id[0] == namespace && rec.labels["name"] == name && (kept[id[1]] == nil || kept[id[1]].release == nil) {
			delete(c.single, id)
		}
	}
}

func (r *records) secrets() corev1client.SecretInterface {
	return r.cluster.client.CoreV1().Secrets(r.namespace)
}
