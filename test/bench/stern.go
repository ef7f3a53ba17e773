package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// sternVersion is what devloop's logs are compared with.
const sternVersion = "v1.33.0"

// stern builds that version from its own module.
func (b *bench) stern(ctx context.Context) (string, error) {
	name := "github.com/stern/stern@" + sternVersion
	b.say("building %s", name)
	cmd := exec.CommandContext(ctx, "go", "install", name)
	cmd.Env = append(os.Environ(), "GOBIN="+b.work, "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build stern, to compare with: %w: %s", err, out)
	}
	return filepath.Join(b.work, "stern"), nil
}
