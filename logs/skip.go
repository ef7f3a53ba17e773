package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// skip takes the lines that are there now for known. The last of them tells where
// they end, by the clock that stamps them. A stream that begins at the end
// (TailLines: 0) would not: when it breaks before it has brought a line, nobody
// knows where to go on.
func (f *follower) skip(ctx context.Context, previous bool) error {
	one, asked := int64(1), time.Now()
	body, err := f.open(ctx, &corev1.PodLogOptions{Container: f.common.Container, Timestamps: true, Previous: previous, TailLines: &one})
	if err != nil {
		return err
	}
	defer body.Close()
	for lines := newLineReader(body); ; {
		at, text, whole, err := lines.next()
		if errors.Is(err, errNoTime) {
			return fmt.Errorf("%w: %s", err, text)
		}
		if f.point.from.Before(at) {
			f.point.from = at
		}
		if whole {
			f.point.add(at, identity(at, text))
			continue
		}
		if errors.Is(err, io.EOF) {
			f.fromEnd = false
			if f.point.since() == nil {
				// There was none, or the connection broke: what came since is wanted.
				f.since, f.made = 1, asked
			}
			return nil
		}
		return err
	}
}

// seconds rounds up, as a longer time brings more.
func seconds(d time.Duration) *int64 {
	n := int64((d + time.Second - 1) / time.Second)
	return &n
}
