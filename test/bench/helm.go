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
	path, err = b.install(ctx, helmModule+"/cmd/helm@"+version)
	return path, version, err
}

// install builds a command to compare with, as module/path@version, from its own module.
func (b *bench) install(ctx context.Context, command string) (path string, err error) {
	b.say("building %s", command)
	cmd := exec.CommandContext(ctx, "go", "install", command)
	cmd.Env = append(os.Environ(), "GOBIN="+b.work, "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s, to compare with: %w: %s", command, err, out)
	}
	name, _, _ := strings.Cut(filepath.Base(command), "@")
	return filepath.Join(b.work, name), nil
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
