package logs

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// unread tells of a log that was not read, at the last attempt or before, and reports
// whether it never will be. With once, it is given up after a while.
func (f *follower) unread(ctx context.Context, err error, last bool) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	err = fmt.Errorf("the log of container %s of pod %s/%s: %w", f.common.Container, f.common.Namespace, f.common.Pod, err)
	f.failed(err)
	switch {
	case !last && f.wait < lastWait/2:
		return false
	case unavailable(err):
		return true
	case f.once:
		f.lost(err)
	}
	return f.once
}

// unavailable: the answer of the kubelet is that it has no such log.
func unavailable(err error) bool {
	return apierrors.IsBadRequest(err) || apierrors.IsNotFound(err) || errors.Is(err, errNoTime)
}

// unread takes the failures of all followers. Most are part of a pod's life,
// but without the right to read logs there will never be any.
func (m *manager) unread(err error) {
	if refusal(err) && !m.opts.Once {
		m.refused.Do(func() { m.opts.Notice(err) })
		return
	}
	m.opts.Log.Debug("reading a log", "error", err)
}

// lost takes the failures after which a log was given up. That there is no right is
// said of one log.
func (m *manager) lost(err error) {
	keep := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.missing = append(m.missing, err)
	}
	if refusal(err) {
		m.refused.Do(keep)
		return
	}
	keep()
}

// refusal: there is no right to do it.
func refusal(err error) bool { return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) }
