package loop

import (
	"context"
)

// reach tells whether docker and the cluster are reached as devloop.yaml has it, and
// else has a worker try it. Work under way goes on by the way it began with.
func (o *owner) reach(ctx context.Context) bool {
	p := o.files.project
	if o.links != nil && (len(p.Images) == 0 || o.links.Builder != nil && o.push == p.Push) {
		return true
	}
	if !o.reaching {
		o.reaching = true
		o.work(ctx, func() report {
			b, err := o.opts.Connect(ctx, p)
			return reached{b, p.Push, err}
		})
	}
	return false
}

type reached struct {
	*Backends
	push string // as devloop.yaml had it
	err  error
}

func (r reached) take(ctx context.Context, o *owner) error {
	o.reaching = false
	if r.err == nil {
		o.links, o.push = r.Backends, r.push
		o.opts.Emit(r.Info)
		o.forward()
		o.recall(ctx)
		o.advance(ctx, nil)
		return nil
	}
	// All that was promised has failed by it, and is planned anew at the next
	// save or question. The newest iteration tells it.
	for i, it := range o.iterations {
		if i == len(o.iterations)-1 {
			it.record.failed(ctx, target{}, "connect", r.err)
		} else {
			it.passed = append(it.passed, "everything")
		}
	}
	o.blocked = []string{explain(r.err)}
	clear(o.claims)
	o.close()
	return nil
}
