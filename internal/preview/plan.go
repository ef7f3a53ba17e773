package preview

import (
	"context"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
)

// Plan is what devloop up would do. Its JSON form is that of devloop plan -o
// json, described in docs/plan.md.
type Plan struct {
	Project string `json:"project"`
	Context string `json:"context,omitempty"`
	// Changes: something would be built, loaded, written or removed, or has
	// drifted. What a prebuild command brings is not known and does not count.
	Changes bool `json:"changes"`
	// Failed: a part of the plan could not be made, or would be refused.
	Failed   bool      `json:"failed"`
	Images   []Image   `json:"images"`
	Releases []Release `json:"releases"`
	Notes    []string  `json:"notes,omitempty"`
}

// Cluster compares releases with what is deployed.
type Cluster interface {
	Diff(ctx context.Context, rel deploy.Release) (*deploy.Diff, error)
	DeployedImages(ctx context.Context, rel deploy.Release) (map[string]string, error)
}

// Sources is where a plan is made from.
type Sources struct {
	Project   *config.Project
	Namespace string // of releases that name none
	Context   string
	Hasher    *digest.Hasher
	Cluster   Cluster
	// Built tells whether docker has an image; nil where docker does not answer.
	Built func(ctx context.Context, ref string) (bool, error)
	// Ref is the reference that docker builds inputs to; nil where it does not
	// answer: base images then count by their names.
	Ref func(ctx context.Context, s build.Spec, in build.Inputs) (string, error)
	// Target is where images go; nil where that is not known.
	Target build.Target
}

// Make works the plan out. What goes wrong with one image or release is part of
// the plan; the error is that ctx ended.
func Make(ctx context.Context, s Sources) (*Plan, error) {
	p := &Plan{Project: s.Project.Name, Context: s.Context, Images: []Image{}, Releases: []Release{}}
	for _, name := range s.Project.ImageNames() {
		p.Images = append(p.Images, s.image(ctx, name))
	}
	names := s.Project.ReleaseNames()
	p.Releases = make([]Release, len(names))
	var g errgroup.Group
	for i, name := range names {
		g.Go(func() error {
			p.Releases[i] = s.release(ctx, name, p.Images)
			return nil
		})
	}
	_ = g.Wait() // failures are in the releases
	for _, im := range p.Images {
		p.Changes = p.Changes || im.State == Build || im.State == Load
		p.Failed = p.Failed || im.State == Failed
	}
	for _, r := range p.Releases {
		p.Changes = p.Changes || r.changes()
		p.Failed = p.Failed || r.failed()
	}
	return p, ctx.Err()
}

// rel is a path as the user knows it: from the project's folder.
func (s Sources) rel(path string) string {
	if path == "" {
		return ""
	}
	rel, err := filepath.Rel(s.Project.Dir, path)
	if err != nil {
		rel = path
	}
	return filepath.ToSlash(rel)
}
