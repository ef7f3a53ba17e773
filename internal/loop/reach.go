package loop

import (
	"context"
)

// reach tells whether docker and the cluster are reached, and else has a worker
// try it.
func (o *owner) reach(ctx context.Context) bool {
	p := o.files.project
	if o.links != nil && (o.links.Builder != nil || len(p.Images) == 0) {
		return true
	}
	if !o.reaching {
		o.reaching = true
		o.work(ctx, func() report {
			b, err := o.opts.Connect(ctx, p)
			return reached{b, err}
		})
	}
	return false
}

type reached struct {
	*Backends
	err error
}

func (r reached) take(ctx context.Context, o *owner) error {
	o.reaching = false
	if r.err == nil {
		o.links = r.Backends
		o.opts.Emit(r.Info)
		o.forward()
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
