package deploy

import (
	"context"
	"sync"
)

// warnings tells of what the API server warns of (an unknown field, a deprecated
// version), as kubectl and helm do: the object is taken all the same, so nobody
// else says that a field was mistyped. Each text is told once.
type warnings struct {
	opts Options

	mu   sync.Mutex
	told map[string]bool
}

// mostWarnings bounds what is remembered as told.
const mostWarnings = 256

// warningCode is that of a warning of the server's own (RFC 7234, 5.5.7).
const warningCode = 299

func (w *warnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	if code != warningCode || text == "" {
		return
	}
	w.opts.Log.WarnContext(ctx, "API server warns", "text", text)
	w.mu.Lock()
	told := w.told[text]
	if len(w.told) >= mostWarnings {
		clear(w.told)
	}
	w.told[text] = true
	w.mu.Unlock()
	if !told {
		w.opts.Notice("the API server warns: " + text)
	}
}
