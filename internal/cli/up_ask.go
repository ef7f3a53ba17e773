package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"

	"github.com/devloop-dev/devloop/internal/event"
)

// yesNo asks questions on a terminal while events go on; nil where in is none.
// Only y and yes are a yes.
func yesNo(in io.Reader, emit event.Sink) func(ctx context.Context, question string) (bool, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var one sync.Mutex // question at a time
	return func(ctx context.Context, question string) (bool, error) {
		one.Lock()
		defer one.Unlock()
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		emit(event.Question{Text: question})
		return askYesNo(ctx, f)
	}
}

// askYesNo reads one line, or ends when ctx does.
func askYesNo(ctx context.Context, in io.Reader) (bool, error) {
	reader, err := cancelreader.NewReader(in)
	if err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	defer reader.Close()
	defer context.AfterFunc(ctx, func() { reader.Cancel() })()
	line, err := bufio.NewReader(reader).ReadString('\n')
	switch {
	case errors.Is(err, cancelreader.ErrCanceled):
		return false, ctx.Err()
	case err != nil:
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}
