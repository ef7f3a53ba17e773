package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/deploy"
)

// A release is applied, awaited and, where its pods cannot run, explained.
func Example() {
	config, err := clientcmd.BuildConfigFromFlags("", clientcmd.RecommendedHomeFile)
	if err != nil {
		log.Fatal(err)
	}
	cluster, err := deploy.New(config, deploy.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	res, err := cluster.Apply(ctx, deploy.Release{
		Name: "hello", Namespace: "default", Chart: "/src/hello/chart",
		Set: map[string]any{"replicas": 3},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s revision %d: %d of %d objects written\n", res.Action, res.Revision, len(res.Written), res.Total)

	err = cluster.Wait(ctx, res, func(st deploy.Status) {
		fmt.Printf("%d of %d ready\n", st.Ready, st.Total)
	})
	var failed *deploy.RolloutError
	if errors.As(err, &failed) {
		for _, f := range failed.Failures {
			fmt.Println(f)
			for _, line := range f.Logs {
				fmt.Println("  ", line)
			}
		}
	}
}

// Errors in a release's files carry file and line.
func ExampleRenderError() {
	err := error(&deploy.RenderError{
		Release: "hello", File: filepath.FromSlash("chart/templates/web.yaml"), Line: 12,
		Message: `function "foo" not defined`,
	})
	var at *deploy.RenderError
	if errors.As(err, &at) {
		fmt.Fprintln(os.Stdout, at.Line)
	}
	fmt.Println(filepath.ToSlash(err.Error()))
	// Output:
	// 12
	// render release hello: chart/templates/web.yaml:12: function "foo" not defined
}

func ExampleFailure() {
	fmt.Println(deploy.Failure{
		Object: deploy.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "dev", Name: "web"},
		Pod:    "web-1", Container: "main", Reason: "CrashLoopBackOff", Message: "exit code 1",
		Template: "templates/web.yaml",
	})
	// Output: Deployment/web (templates/web.yaml): pod web-1, container main: CrashLoopBackOff: exit code 1
}
