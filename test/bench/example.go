package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// forwards are devloop.yaml's ports on this machine, which others may have taken.
var forwards = regexp.MustCompile(`(?m)^forward:\n(?:  .*\n?)*`)

// smsChecker copies examples/sms-checker, for a namespace of the benchmark's own.
func (b *bench) smsChecker(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/devloop-dev/devloop").Output()
	if err != nil {
		return "", fmt.Errorf("find the examples: %w", err)
	}
	dir, err := b.folder("sms-checker")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(strings.TrimSpace(string(out)), "examples", "sms-checker"))); err != nil {
		return "", fmt.Errorf("copy the example: %w", err)
	}
	ns, err := b.namespace(ctx, "sms")
	if err != nil {
		return "", err
	}
	config := filepath.Join(dir, "devloop.yaml")
	text, err := read(config)
	if err != nil {
		return "", err
	}
	text = strings.Replace(forwards.ReplaceAllString(text, ""), "namespace: sms\n", "namespace: "+ns+"\n", 1)
	if !strings.Contains(text, ns) {
		return "", fmt.Errorf("%s has no line \"namespace: sms\" to give it another one", config)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", fmt.Errorf("change the example: %w", err)
	}
	return dir, nil
}

func read(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the project: %w", err)
	}
	return string(text), nil
}
