package deploy

import (
	"context"
	"errors"
	"fmt"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// Diff is what Apply would do to a release, and what Guard would after it.
type Diff struct {
	Release   string
	Namespace string
	// Action is what Apply would return. An Unchanged release may still have
	// objects that drifted.
	Action Action
	// Revision is the one that is there; 0 where there is none.
	Revision int
	// Reasons say why the action is not Unchanged.
	Reasons []Reason
	// Objects are those that would be written or removed, that drifted, or that
	// the removal spares, in the order of the manifest; removed ones come last.
	Objects []ObjectDiff
	// Same is how many objects of the manifest are as it says.
	Same int
	// Hooks are those that would run, in their order.
	Hooks []Hook
	// Notes are what else is to know, such as a repair that Apply would make.
	Notes []string
}

// Reason is one cause of an action, and where it is written.
type Reason struct {
	Text string
	// File is a path on disk; empty where the cause is in no file. Line counts
	// from 1; 0 where no line is known.
	File string
	Line int
}

// Change is what would become of one object.
type Change string

// The changes of an object.
const (
	Create Change = "create"
	Update Change = "update"
	Delete Change = "delete"
	// Keep is for an object that the chart no longer has and that stays, since
	// its annotation helm.sh/resource-policy says so.
	Keep Change = "keep"
	// Drifted is for an object that Apply would not write although somebody else
	// changed it: all of an Unchanged release, and custom resources, of which
	// Helm compares the manifests only. Guard puts it back, which Before and
	// After show; what it leaves to an autoscaler or to Flagger is no drift.
	Drifted Change = "drift"
)

// ObjectDiff is one object that would be changed.
type ObjectDiff struct {
	Object
	Change Change
	// Before and After are the object as it is in the cluster and as it would
	// be, without what the API server alone writes (status, managedFields and
	// the like). Before is nil for Create, After for Delete. Values of secrets
	// are replaced, see Hidden and HiddenNew.
	Before, After map[string]any
	// Drift are the fields that somebody else changed.
	Drift []FieldDrift
	// Edited says that the template itself is another than in the revision that
	// is there.
	Edited bool
	// Problem is why the cluster would refuse the change; empty where it would
	// not, as far as is known.
	Problem string
}

// Diff says what Apply would do to a release now, by the three-way merge that
// Helm does between the last manifest, the new one and the live object. It
// writes nothing: the merge is computed here, and the API server is asked for
// the outcome (a dry run) of those patches only that are not empty, since it
// alone knows its defaults and what it refuses. Where it does not answer a dry
// run, the merge computed here stands.
//
// What an install or a changed custom resource definition makes possible cannot
// be foreseen; Notes then say so. Errors are those of Render.
func (c *Cluster) Diff(ctx context.Context, rel Release) (*Diff, error) {
	if err := rel.validate(); err != nil {
		return nil, err
	}
	if _, err := c.deps.ensure(ctx, rel); err != nil {
		return nil, err
	}
	src, err := c.source(ctx, rel)
	if err != nil {
		return nil, err
	}
	last, err := c.last(ctx, rel.Namespace, rel.Name)
	if err != nil {
		return nil, err
	}
	d := &Diff{Release: rel.Name, Namespace: rel.Namespace}
	if last != nil {
		d.Revision = last.Version
	}
	if unfinished(last) {
		d.Notes = append(d.Notes, fmt.Sprintf("revision %d was left %s: it is marked as failed first, unless another process is still at it", last.Version, last.Info.Status))
		last = failedCopy(last)
	}
	if last == nil || last.Info.Status == release.StatusUninstalled {
		return d, c.diffInstall(ctx, src, last, d)
	}
	return d, c.diffUpgrade(ctx, src, last, d)
}

// failedCopy is the record as a repair would leave it.
func failedCopy(r *release.Release) *release.Release {
	out, info := *r, *r.Info
	info.Status = release.StatusFailed
	out.Info = &info
	return &out
}

func (c *Cluster) diffInstall(ctx context.Context, src *source, last *release.Release, d *Diff) error {
	d.Action = Installed
	text := "not installed yet"
	if last != nil {
		text = fmt.Sprintf("revision %d was uninstalled", last.Version)
	}
	d.Reasons = []Reason{{Text: text}}
	if err := c.diffNamespace(ctx, src.rel, d); err != nil {
		return err
	}
	if err := c.diffCRDs(ctx, src, d); err != nil {
		return err
	}
	want, err := c.wanted(ctx, src, last)
	if err != nil {
		return err
	}
	d.Hooks = hooksOf(want, src.rel.Hooks, release.HookPreInstall, release.HookPostInstall)
	return c.diffObjects(ctx, src.rel, &Rendered{}, want, d)
}

func (c *Cluster) diffUpgrade(ctx context.Context, src *source, last *release.Release, d *Diff) error {
	base, err := c.base(last)
	if err != nil {
		return err
	}
	was, err := c.describe(base.Namespace, base.Manifest, base.Hooks, "")
	if err != nil {
		return fmt.Errorf("read revision %d of release %s: %w", base.Version, src.rel, err)
	}
	now, same, err := c.compare(ctx, src, last)
	if err != nil {
		return err
	}
	if same {
		gone, err := c.missing(ctx, was)
		if err != nil {
			return fmt.Errorf("look for the objects of release %s: %w", src.rel, err)
		}
		if len(gone) == 0 {
			d.Action = Unchanged
			return c.diffObjects(ctx, src.rel, was, was, d)
		}
		for _, o := range gone {
			d.Reasons = append(d.Reasons, Reason{Text: o.String() + " is gone from the cluster", File: inChart(src.rel, o.Template)})
		}
	}
	d.Action = Upgraded
	want, err := c.describe(src.rel.Namespace, now.manifest, now.hooks, now.notes)
	if err != nil {
		return err
	}
	d.Hooks = hooksOf(want, src.rel.Hooks, release.HookPreUpgrade, release.HookPostUpgrade)
	if err := c.diffObjects(ctx, src.rel, was, want, d); err != nil {
		return err
	}
	if same {
		return nil
	}
	return explainDiff(src, last, base, d)
}

// wanted is the release as Apply would record it.
func (c *Cluster) wanted(ctx context.Context, src *source, last *release.Release) (*Rendered, error) {
	out, err := c.render(ctx, src, next(src.rel, last))
	if err != nil {
		return nil, err
	}
	return c.describe(src.rel.Namespace, out.manifest, out.hooks, out.notes)
}

// base is the revision that Helm's upgrade compares with: the deployed one, or
// the last where none ever was.
func (c *Cluster) base(last *release.Release) (*release.Release, error) {
	if last.Info.Status == release.StatusDeployed {
		return last, nil
	}
	base, err := c.store(last.Namespace).Deployed(last.Name)
	if errors.Is(err, driver.ErrNoDeployedReleases) {
		return last, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history of release %s/%s: %w", last.Namespace, last.Name, err)
	}
	return base, nil
}
