package deploy

import (
	"context"
	"log/slog"
)

// warnings passes the API server's warnings (an unknown field, a deprecated
// version) to the log instead of to standard error.
type warnings struct{ log *slog.Logger }

func (w warnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	if code == 299 && text != "" {
		w.log.WarnContext(ctx, "API server warns", "text", text)
	}
}
