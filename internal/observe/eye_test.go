package observe

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// ending has a deadline that has passed before it knows.
type ending struct {
	context.Context
	at *time.Time
}

func (e ending) Deadline() (time.Time, bool) { return *e.at, true }

func TestTheEndTellsWhatWasWrongBefore(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		looks []error // the last comes when the deadline has passed
		want  string
	}{
		"cut off by the end":    {[]error{refused, context.DeadlineExceeded}, "refused"},
		"only that":             {[]error{context.DeadlineExceeded}, "deadline exceeded"},
		"a limit of the look's": {[]error{refused, context.DeadlineExceeded, context.DeadlineExceeded}, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			end := time.Now().Add(time.Hour)
			parent, cancel := context.WithCancel(t.Context())
			defer cancel()
			ctx, n := ending{parent, &end}, 0
			wait := polled(ctx, time.Millisecond, func(context.Context) (bool, error) {
				if n == len(tt.looks) {
					cancel()
					return false, nil
				}
				n++
				if n == len(tt.looks) {
					end = time.Now()
				}
				return false, tt.looks[n-1]
			})
			_, err := wait()
			if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("%v, want it to end with %q", err, tt.want)
			}
		})
	}
}
