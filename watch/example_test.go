package watch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/devloop-dev/devloop/watch"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	w, err := watch.New(watch.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	skip := func(rel string, dir bool) bool { return dir && rel == "node_modules" }
	if err := w.Set([]watch.Root{{Path: dir, Skip: skip}}); err != nil {
		fmt.Println(err)
		return
	}

	ctx, cancel := context.WithCancel(context.Background())
	changes, ended := make(chan watch.Change), make(chan error)
	go func() { ended <- w.Run(ctx, changes) }()

	if err := os.WriteFile(filepath.Join(dir, "values.yaml"), []byte("replicas: 3\n"), 0o644); err != nil {
		fmt.Println(err)
	}
	for _, path := range (<-changes).Paths {
		fmt.Println("changed:", filepath.Base(path))
	}
	cancel()
	fmt.Println("ended:", <-ended)
	// Output:
	// changed: values.yaml
	// ended: <nil>
}
