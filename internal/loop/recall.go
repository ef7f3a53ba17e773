package loop

import (
	"context"
	"slices"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// recall has a worker find out which releases an earlier devloop installed for this
// project, in the namespaces it has now.
func (o *owner) recall(ctx context.Context) {
	if o.recalled || o.links.Remover == nil {
		return
	}
	o.recalled, o.recalling = true, true
	p, own, remover := o.files.project, o.links.Namespace, o.links.Remover
	o.work(ctx, func() report {
		var found recalled
		for _, namespace := range namespaces(p, own) {
			names, err := remover.Labelled(ctx, namespace, labelsOf(p))
			if err != nil {
				found.err = err
				break
			}
			for _, name := range names {
				found.ours = append(found.ours, gone{target{release, name}, namespace, true})
			}
		}
		return found
	})
}

// namespaces are those of a project's releases, and the one of those that name none.
func namespaces(p *config.Project, own string) []string {
	all := []string{own}
	for _, r := range p.Releases {
		all = append(all, r.In(own))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type recalled struct {
	ours []gone
	err  error
}

func (r recalled) take(ctx context.Context, o *owner) error {
	o.recalling = false
	if r.err != nil {
		o.opts.Emit(event.Notice{Text: "whether releases left devloop.yaml while no devloop up was running is not known: " + explain(r.err)})
		return nil
	}
	p := o.files.project
	left := slices.DeleteFunc(r.ours, func(g gone) bool {
		if in, is := p.Releases[g.name]; is && in.In(o.links.Namespace) == g.namespace {
			o.known.installed[g.name] = true
		}
		return mentions(p, g.name) || o.tasks[g.target] != nil // it left meanwhile, and is being removed
	})
	if len(left) > 0 {
		o.prune(ctx, left)
	}
	return nil
}

// mentions: devloop.yaml names the release, if only in a profile that is not in force.
func mentions(p *config.Project, release string) bool {
	_, is := p.Releases[release]
	for _, profile := range p.Profiles {
		if _, in := profile.Releases[release]; in {
			is = true
		}
	}
	return is
}
