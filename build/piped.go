package build

import (
	"context"
	"io"
	"sync"
)

// piped has each of the receivers read what send writes, all at once. When one of
// them fails, all end, and the error is that one's.
func piped(ctx context.Context, send func(context.Context, io.Writer) error, receive ...func(context.Context, io.Reader) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var work sync.WaitGroup
	var writers []*io.PipeWriter
	var to []io.Writer
	for _, receive := range receive {
		r, w := io.Pipe()
		writers, to = append(writers, w), append(to, w)
		work.Go(func() {
			err := receive(ctx, r)
			if err != nil {
				fail(err) // before the sender sees it: the first cause is kept
				r.CloseWithError(err)
				return
			}
			io.Copy(io.Discard, r) // one that needs no end of an archive holds nobody up
		})
	}
	err := send(ctx, io.MultiWriter(to...))
	if err != nil {
		fail(err)
	}
	for _, w := range writers {
		w.CloseWithError(err)
	}
	work.Wait()
	return context.Cause(ctx)
}
