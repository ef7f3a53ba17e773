package observe

import (
	"context"
	"time"
)

// Eye sees whether a state is there, and when it comes.
type Eye interface {
	// Now says whether the state is there at this moment.
	Now(ctx context.Context) (bool, error)
	// Open returns once nothing that happens from then on is missed. wait blocks
	// until the state is there and says since when that was known; it is called
	// once, right after what is timed, and ends with ctx.
	Open(ctx context.Context) (wait func() (time.Time, error), err error)
}

// polled is the Open of an eye that can only look again and again. It looks at
// once, and every interval from then on. A look that fails is one at which the
// state is not there: what is asked may be replaced at this moment.
func polled(ctx context.Context, every time.Duration, look func(context.Context) (bool, error)) func() (time.Time, error) {
	return func() (time.Time, error) {
		next := time.NewTicker(every)
		defer next.Stop()
		var last error
		for {
			there, err := look(ctx)
			switch {
			case ctx.Err() != nil:
				return time.Time{}, endOf(ctx, last)
			case err == nil && there:
				return time.Now(), nil
			}
			// A look that the end cuts off says less than the one before, and may
			// fail a moment before ctx does.
			if end, ok := ctx.Deadline(); last == nil || !ok || time.Now().Before(end) {
				last = err
			}
			select {
			case <-next.C:
			case <-ctx.Done():
				return time.Time{}, endOf(ctx, last)
			}
		}
	}
}
