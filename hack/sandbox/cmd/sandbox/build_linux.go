package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/cluster"
	"github.com/devloop-dev/devloop/hack/sandbox/internal/gobuild"
)

// build returns the binaries of a cluster, built now or before.
func build(ctx context.Context, module string) (cluster.Binaries, error) {
	version, err := gobuild.KubernetesVersion(filepath.Join(module, "kube"))
	if err != nil {
		return cluster.Binaries{}, err
	}
	builder := gobuild.Builder{Module: module, Version: version, Progress: os.Stderr}
	pause, err := builder.Build(ctx, gobuild.Binary{Name: "pause", Dir: "cmd/pause"})
	if err != nil {
		return cluster.Binaries{}, err
	}
	kube, err := builder.Build(ctx, gobuild.Binary{
		Name:     "kube",
		Dir:      "kube",
		Flags:    versionFlags(version),
		Packages: 2630,
		Notice:   fmt.Sprintf("building Kubernetes %s: about 6 minutes on 2 processors the first time, none later", version),
	})
	if err != nil {
		return cluster.Binaries{}, err
	}
	return cluster.Binaries{Kube: kube, Pause: pause}, nil
}

// versionFlags tells the linker the version: without it the server calls
// itself v0.0.0, and charts that ask for a version of Kubernetes fail.
func versionFlags(version string) string {
	const variable = " -X k8s.io/component-base/version."
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	return strings.TrimSpace(variable + "gitVersion=" + version + variable + "gitMajor=" + parts[0] +
		variable + "gitMinor=" + parts[1] + variable + "gitTreeState=clean")
}
