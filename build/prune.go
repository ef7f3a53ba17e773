package build

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// Keeper is what house-keeping needs of a docker daemon. *client.Client is one.
type Keeper interface {
	ImageList(ctx context.Context, o image.ListOptions) ([]image.Summary, error)
	ImageInspect(ctx context.Context, ref string, o ...client.ImageInspectOption) (image.InspectResponse, error)
	ImageRemove(ctx context.Context, ref string, o image.RemoveOptions) ([]image.DeleteResponse, error)
	ContainerList(ctx context.Context, o container.ListOptions) ([]container.Summary, error)
}

var _ Keeper = (*client.Client)(nil)

// Budget is how much of a project's old images may stay.
type Budget struct {
	// Images are the newest ones kept of each name, Bytes the size of all together,
	// with layers that images share counted for each. At least 1 and 1.
	Images int
	Bytes  int64
}

// PruneOptions say what Prune may remove.
type PruneOptions struct {
	// Project is that of Naming; images without its label are left alone.
	Project string
	// Names are the images' full names, without tags.
	Names []string
	Keep  Budget
	// Used are references that must stay, as those of pods.
	Used []string
	// Target is where removed images are removed from too; nil for nowhere.
	Target Target
}

// Pruned is what went.
type Pruned struct {
	Images   int      // that had a name
	Refs     []string // of these, sorted; an image can have several
	Dangling int      // images without a name that builds left behind
	Bytes    int64    // of both, with shared layers counted for each
}

// forgetter is a target that images can be taken out of.
type forgetter interface {
	forget(ctx context.Context, refs []string) error
}

// ownTag is the form of the tags that devloop makes.
var ownTag = regexp.MustCompile(`^dl-[0-9a-f]{1,64}$`)

// kept is an image in the daemon under one of the project's names.
type kept struct {
	name, id string
	tags     []string
	size     int64
	tagged   time.Time
	used     bool
}

// Prune removes a project's old images, the oldest first, until the rest is within
// the budget. It leaves alone the newest of each name, whatever a container, also
// one that ended, or a used reference is made from, and what has no tag of
// devloop's. It ends between two images when ctx does.
func Prune(ctx context.Context, docker Keeper, o PruneOptions) (Pruned, error) {
	var done Pruned
	running, err := containerImages(ctx, docker)
	if err != nil {
		return done, err
	}
	all, err := o.images(ctx, docker, running)
	if err != nil {
		return done, err
	}
	for _, old := range o.Keep.exceeding(all) {
		before := len(done.Refs)
		for _, tag := range old.tags {
			if err := ctx.Err(); err != nil {
				return done, err
			}
			_, err := docker.ImageRemove(ctx, tag, image.RemoveOptions{PruneChildren: true})
			if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
				continue // somebody took it into use, or away, a moment ago
			}
			if err != nil {
				return done, fmt.Errorf("remove image %s: %w", tag, err)
			}
			done.Refs = append(done.Refs, tag)
		}
		if len(done.Refs) > before {
			done.Images++
			done.Bytes += old.size
		}
	}
	slices.Sort(done.Refs)
	if t, ok := o.Target.(forgetter); ok && len(done.Refs) > 0 {
		if err := t.forget(ctx, done.Refs); err != nil {
			return done, err
		}
	}
	return done, o.dangling(ctx, docker, running, &done)
}

func containerImages(ctx context.Context, docker Keeper) (map[string]bool, error) {
	list, err := docker.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("list docker's containers: %w", err)
	}
	ids := map[string]bool{}
	for _, c := range list {
		ids[c.ImageID] = true
	}
	return ids, nil
}

func (o PruneOptions) label() filters.KeyValuePair {
	return filters.Arg("label", ProjectLabel+"="+o.Project)
}

// images are those of the project, one for each name and id.
func (o PruneOptions) images(ctx context.Context, docker Keeper, running map[string]bool) ([]kept, error) {
	used := map[string]bool{}
	for _, ref := range o.Used {
		if name, err := Canonical(ref); err == nil {
			used[name] = true
		}
	}
	list, err := docker.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(o.label())})
	if err != nil {
		return nil, fmt.Errorf("list the project's images: %w", err)
	}
	var all []kept
	for _, summary := range list {
		info, err := docker.ImageInspect(ctx, summary.ID)
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("ask docker for %s: %w", summary.ID, err)
		}
		// Some builders name an image without a note of when; some images have no
		// time of their own.
		tagged := info.Metadata.LastTagTime
		if made, err := time.Parse(time.RFC3339Nano, info.Created); err == nil && made.After(tagged) {
			tagged = made
		}
		for _, name := range o.Names {
			k := kept{name: name, id: summary.ID, size: summary.Size, tagged: tagged, used: running[summary.ID]}
			for _, tag := range summary.RepoTags {
				if rest, ok := cutName(tag, name); ok && ownTag.MatchString(rest) {
					full, err := Canonical(tag)
					k.tags, k.used = append(k.tags, tag), k.used || err != nil || used[full]
				}
			}
			if len(k.tags) > 0 {
				all = append(all, k)
			}
		}
	}
	return all, nil
}

// cutName is the tag of a reference to an image of that name.
func cutName(ref, name string) (tag string, ok bool) {
	if len(ref) <= len(name) || ref[:len(name)] != name || ref[len(name)] != ':' {
		return "", false
	}
	return ref[len(name)+1:], true
}

// exceeding are the images to remove, the oldest first.
func (b Budget) exceeding(all []kept) []kept {
	slices.SortFunc(all, func(a, c kept) int { return cmp.Or(c.tagged.Compare(a.tagged), cmp.Compare(a.id, c.id)) })
	seen := map[string]int{}
	var size int64
	var over []kept
	for _, k := range all { // the newest first
		seen[k.name]++
		n := seen[k.name]
		if n > 1 && !k.used && (n > b.Images || size+k.size > b.Bytes) {
			over = append(over, k)
			continue
		}
		size += k.size
	}
	slices.Reverse(over)
	return over
}

// dangling removes images of the project's builds that have lost their names.
func (o PruneOptions) dangling(ctx context.Context, docker Keeper, running map[string]bool, done *Pruned) error {
	list, err := docker.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(o.label(), filters.Arg("dangling", "true"))})
	if err != nil {
		return fmt.Errorf("list the images without a name: %w", err)
	}
	for _, summary := range list {
		if running[summary.ID] {
			continue
		}
		_, err := docker.ImageRemove(ctx, summary.ID, image.RemoveOptions{PruneChildren: true})
		switch {
		case errdefs.IsConflict(err) || errdefs.IsNotFound(err):
		case err != nil:
			return fmt.Errorf("remove image %s: %w", summary.ID, err)
		default:
			done.Dangling++
			done.Bytes += summary.Size
		}
	}
	return nil
}
