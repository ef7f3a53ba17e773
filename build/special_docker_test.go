//go:build sandbox && unix

package build

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestRealContextWithSocketsAndPipes(t *testing.T) {
	bothBuilders(t, func(t *testing.T, engine Engine) {
		root, err := os.MkdirTemp("", "c") // a socket's path has to be short
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(root) })
		put(t, filepath.Join(root, "Dockerfile"), "FROM scratch\nCOPY . /\n")
		put(t, filepath.Join(root, "d", "a"), "a")
		if err := syscall.Mkfifo(filepath.Join(root, "d", "pipe"), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("unix", filepath.Join(root, "socket"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := Spec{Name: "devloop-test/special", Context: root}
		cli := realDocker(t)
		img := mustBuild(t, engine, s, inputs(t, s))
		if got := names(contents(t, cli, img.Ref)); !slices.Equal(got, []string{"Dockerfile", "d/a"}) {
			t.Errorf("the image has %v", got)
		}
		forget(t, cli, img.Ref)
	})
}
