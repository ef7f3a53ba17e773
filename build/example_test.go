package build_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"

	"github.com/devloop-dev/devloop/build"
)

// sources writes a small project and returns its folder.
func sources() string {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string]string{
		"Dockerfile":    "FROM scratch\nCOPY hello.txt /\n",
		".dockerignore": "*.md\n",
		"hello.txt":     "hello\n",
		"notes.md":      "to do\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	return dir
}

// The tag follows what goes into the image, and nothing else.
func ExampleSpec_Inputs() {
	dir := sources()
	defer os.RemoveAll(dir)
	spec := build.Spec{Name: "app", Context: dir}
	ref := func() string {
		in, err := spec.Inputs(context.Background(), nil)
		if err != nil {
			log.Fatal(err)
		}
		return spec.Ref(in)
	}
	before := ref()

	os.WriteFile(filepath.Join(dir, "notes.md"), []byte("done\n"), 0o644)
	fmt.Println("after an edit of an ignored file, the same tag:", ref() == before)
	os.WriteFile(filepath.Join(dir, "hello.txt"), []byte("hello, world\n"), 0o644)
	fmt.Println("after an edit of a copied file, the same tag:", ref() == before)
	// Output:
	// after an edit of an ignored file, the same tag: true
	// after an edit of a copied file, the same tag: false
}

// What an ignore file leaves out needs no watch.
func ExampleSpec_Ignore() {
	dir := sources()
	defer os.RemoveAll(dir)
	skip, err := build.Spec{Name: "app", Context: dir}.Ignore()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(skip("notes.md", false), skip("hello.txt", false))
	// Output: true false
}

// A failed command tells its exit code and what it printed last.
func ExamplePrebuild_Run() {
	command := build.Prebuild{Command: []string{"go", "no-such-command"}}
	err := command.Run(context.Background(), func(line string) {
		// each line, as it is printed
	})
	var failed *build.CommandError
	if errors.As(err, &failed) {
		fmt.Println("exit code", failed.ExitCode)
		fmt.Println(failed.Output)
	}
	// Output:
	// exit code 2
	// go no-such-command: unknown command
	// Run 'go help' for usage.
}

// One image, from its files to the nodes of a local cluster.
func ExampleDocker_Build() {
	ctx := context.Background()
	var nodes []corev1.Node // as the cluster lists them

	host, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	target, err := build.FindTarget(ctx, build.TargetOptions{Nodes: nodes, Context: "minikube", Docker: host})
	if err != nil {
		log.Fatal(err)
	}
	spec := build.Spec{Name: "app", Context: "/home/me/app"}
	in, err := spec.Inputs(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	builder := build.NewDocker(build.BuildClient(target, host))
	image, err := builder.Build(ctx, spec, in, func(s build.Step) { fmt.Println(s) })
	var bad *build.BuildError
	switch {
	case errors.As(err, &bad):
		log.Fatalf("%s:%d: %s", bad.Dockerfile, bad.Line, bad.Message)
	case errors.Is(err, build.ErrInputsChanged):
		log.Fatal("saved again meanwhile: read the inputs once more")
	case err != nil:
		log.Fatal(err)
	}
	if ok, err := target.Has(ctx, image.Ref); err == nil && !ok {
		err = target.Load(ctx, image.Ref)
		if err != nil {
			log.Fatal(err)
		}
	}
}
