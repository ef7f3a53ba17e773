package deploy

import (
	"context"
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
)

// Template renders the release as text, as `helm template` prints it: the
// manifest, then the hooks, a "# Source:" line above each document. Like Render
// it does so with the cluster's real capabilities, for the revision that the
// next upgrade would make.
func (c *Cluster) Template(ctx context.Context, rel Release) (string, error) {
	out, err := c.upcoming(ctx, rel)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if manifest := strings.TrimSpace(out.manifest); manifest != "" {
		b.WriteString(manifest + "\n")
	}
	for _, h := range out.hooks {
		fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return b.String(), nil
}

// DeployedImages gives for each of the release's image values the reference that
// its last revision has there. Values without one, and all of a release that is
// not there, are left out.
func (c *Cluster) DeployedImages(ctx context.Context, rel Release) (map[string]string, error) {
	last, err := c.last(ctx, rel.Namespace, rel.Name)
	if err != nil || last == nil || last.Chart == nil {
		return nil, err
	}
	vals, err := chartutil.CoalesceValues(last.Chart, nonNil(last.Config))
	if err != nil {
		return nil, fmt.Errorf("read the values of revision %d of release %s: %w", last.Version, rel, err)
	}
	out := map[string]string{}
	for path := range rel.Images {
		steps, err := parsePath(path)
		if err != nil {
			return nil, fmt.Errorf("release %s: image value %q: %w", rel.Name, path, err)
		}
		v, _ := lookupPath(map[string]any(vals), steps)
		switch image := v.(type) {
		case string:
			out[path] = image
		case map[string]any:
			repository, _ := image["repository"].(string)
			if tag, _ := image["tag"].(string); repository != "" && tag != "" {
				out[path] = repository + ":" + tag
			}
		}
		if out[path] == "" {
			delete(out, path)
		}
	}
	return out, nil
}
