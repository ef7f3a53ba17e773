package workshop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
)

// Apps are the Deployments of examples/sms-checker whose image is that of the app.
func Apps() []string { return []string{"sms-checker-app-v1", "sms-checker-app-v2"} }

// App is the image of the app of a copy of the example.
func App(dir, name string) build.Spec {
	return build.Spec{Name: name, Context: filepath.Join(dir, "app")}
}

// Compile is what `make bin` of the app executes, without make.
func Compile(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", "bin/app", ".")
	cmd.Dir = filepath.Join(dir, "app")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the app: %w: %s", err, out)
	}
	return nil
}

// SetImage gives the app's Deployments another image.
func SetImage(ctx context.Context, cluster kubernetes.Interface, namespace, ref string) error {
	return Patch(ctx, cluster, namespace, fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":%q}]}}}}`, ref), Apps()...)
}

// Patch sends a strategic merge patch to Deployments, side by side.
func Patch(ctx context.Context, cluster kubernetes.Interface, namespace, patch string, names ...string) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		g.Go(func() error {
			_, err := cluster.AppsV1().Deployments(namespace).Patch(ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
			if err != nil {
				return fmt.Errorf("patch deployment %s: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}
