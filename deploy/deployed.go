package deploy

import "context"

// Deployed is what the newest revision of a release was made of, or nil where
// there is no such release.
func (c *Cluster) Deployed(ctx context.Context, name, namespace string) (*Rendered, error) {
	last, err := c.last(ctx, namespace, name)
	if err != nil || last == nil {
		return nil, err
	}
	return c.describe(namespace, last.Manifest, last.Hooks, "")
}
