package cli

import (
	"context"
	"fmt"

	"github.com/devloop-dev/devloop/internal/control"
	"github.com/devloop-dev/devloop/internal/loop"
)

// answer is what a running loop says to the requests of other commands.
func answer(ctx context.Context, l *loop.Loop, op string) (any, error) {
	switch op {
	case control.Wait:
		return l.Status(ctx)
	case control.Status:
		return l.Snapshot(ctx)
	case control.Retry:
		return l.Retry(ctx)
	case control.Pause:
		return nil, l.Pause(ctx)
	case control.Resume:
		return nil, l.Resume(ctx)
	}
	return nil, fmt.Errorf("this devloop does not know the request %q", op)
}
