package control

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func serve(t *testing.T, path string, handle Handler) (stop func()) {
	t.Helper()
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, handle) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
}

func TestCall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stop := serve(t, path, func(_ context.Context, op string) (any, error) {
		if op != "wait" {
			return nil, errors.New("unknown request " + op)
		}
		return map[string]string{"verdict": "live"}, nil
	})
	defer stop()
	var got map[string]string
	if err := Call(t.Context(), path, "wait", &got); err != nil || got["verdict"] != "live" {
		t.Errorf("answer %v, error %v", got, err)
	}
	if err := Call(t.Context(), path, "dance", &got); err == nil || err.Error() != "unknown request dance" {
		t.Errorf("error %v, want the handler's own", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v, want mode 0600", info, err)
	}
}

func TestOnlyOneServesAProject(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stop := serve(t, path, func(context.Context, string) (any, error) { return nil, nil })
	if _, err := Listen(path); !errors.Is(err, ErrRunning) {
		t.Errorf("second listener: %v, want ErrRunning", err)
	}
	stop()
	if err := Call(t.Context(), path, "wait", nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("call after the end: %v, want ErrNotRunning", err)
	}
}

func TestOfManyAtOnceOneServes(t *testing.T) {
	for range 50 {
		path := filepath.Join(t.TempDir(), "s")
		got := make(chan net.Listener, 4)
		for range cap(got) {
			go func() {
				l, err := Listen(path)
				if err != nil && !errors.Is(err, ErrRunning) {
					t.Error(err)
				}
				got <- l
			}()
		}
		var won []net.Listener
		for range cap(got) {
			if l := <-got; l != nil {
				won = append(won, l)
			}
		}
		if len(won) != 1 {
			t.Errorf("%d listeners on one project", len(won))
		}
		for _, l := range won {
			l.Close()
		}
	}
}

func TestASocketLeftByAKilledProcessIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as after kill -9
	l.Close()
	next, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	next.Close()
}

func TestAnAskerThatHangsUpEndsItsRequest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	began, ended := make(chan struct{}), make(chan struct{})
	stop := serve(t, path, func(ctx context.Context, _ string) (any, error) {
		close(began)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	})
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- Call(ctx, path, "wait", nil) }()
	<-began
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the handler still runs after its asker left")
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("call: %v, want canceled", err)
	}
}

func TestNonsenseGetsAnAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stop := serve(t, path, func(context.Context, string) (any, error) { return nil, nil })
	defer stop()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	if n, err := conn.Read(buf); err != nil || n == 0 {
		t.Errorf("read %q, %v, want an error in JSON", buf[:n], err)
	}
}

func TestPathIsPrivateAndShort(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a, err := Path("/projects/a/devloop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Path("/projects/b/devloop.yaml")
	if err != nil || a == b {
		t.Errorf("two projects share %s (%v)", a, err)
	}
	if info, err := os.Stat(filepath.Dir(a)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v, want mode 0700", info, err)
	}
	if err := os.Chmod(filepath.Dir(a), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Path("/projects/a/devloop.yaml"); err == nil {
		t.Error("a folder open to everyone is accepted")
	}
}
