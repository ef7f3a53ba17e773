//go:build sandbox

package build

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// relay is a socket that leads to what dial reaches. began is told of each
// connection, and sent gets a copy of what goes to the other side. refuse ends the
// listening; connections stay.
func relay(t testing.TB, dial func(context.Context) (net.Conn, error), began func(in, out net.Conn), sent io.Writer) (socket string, refuse func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "d") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := dial(t.Context())
			if err != nil {
				in.Close()
				continue
			}
			began(in, out)
			serving.Go(func() { io.Copy(io.MultiWriter(out, sent), in); out.Close() })
			serving.Go(func() { io.Copy(in, out); in.Close() })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait(); os.RemoveAll(dir) })
	return socket, func() { l.Close() }
}
