package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// helmModule is where the helm command comes from.
const helmModule = "helm.sh/helm/v3"

// findHelm gives a helm binary and its version: the one of -helm, or the version
// that devloop's go.mod has, built from its own module as it was released.
func (b *bench) findHelm(ctx context.Context) (path, version string, err error) {
	if b.helm != "" {
		if path, err = filepath.Abs(b.helm); err != nil {
			return "", "", fmt.Errorf("find helm: %w", err)
		}
		out, err := exec.CommandContext(ctx, path, "version", "--template", "{{.Version}}").Output()
		if err != nil {
			return "", "", fmt.Errorf("ask %s for its version: %w", b.helm, err)
		}
		return path, strings.TrimSpace(string(out)), nil
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", helmModule).Output()
	if err != nil {
		return "", "", fmt.Errorf("find the version of %s: %w; run from the repository", helmModule, err)
	}
	version = strings.TrimSpace(string(out))
	name := helmModule + "/cmd/helm@" + version
	b.say("building %s", name)
	cmd := exec.CommandContext(ctx, "go", "install", name)
	cmd.Env = append(os.Environ(), "GOBIN="+b.work, "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build helm, to compare with: %w: %s", err, out)
	}
	return filepath.Join(b.work, "helm"), version, nil
}

// runHelm executes one helm command, with settings and caches of its own.
func (b *bench) runHelm(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, b.helmBinary, args...)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+b.work, "HELM_CONFIG_HOME="+b.work, "HELM_DATA_HOME="+b.work)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
