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

// smsChecker copies examples/sms-checker, for a namespace and with image names of
// the arm's own.
func (b *bench) smsChecker(ctx context.Context, arm string) (dir, namespace string, err error) {
	if dir, err = b.copyExample(ctx); err != nil {
		return "", "", err
	}
	if namespace, err = b.namespace(ctx, "sms-"+arm); err != nil {
		return "", "", err
	}
	config := filepath.Join(dir, "devloop.yaml")
	text, err := read(config)
	if err != nil {
		return "", "", err
	}
	text = forwards.ReplaceAllString(text, "")
	for _, line := range []struct{ old, new string }{
		{"namespace: sms\n", "namespace: " + namespace + "\n"},
		{"project: sms-checker\n", "project: " + namespace + "\n"},
		{"  app: {context", "  " + namespace + "-app: {context"},
		{"  model: {context", "  " + namespace + "-model: {context"},
		{"{app.image: app, model.image: model}", "{app.image: " + namespace + "-app, model.image: " + namespace + "-model}"},
	} {
		if !strings.Contains(text, line.old) {
			return "", "", fmt.Errorf("%s has no %q to put %q in its place", config, line.old, line.new)
		}
		text = strings.Replace(text, line.old, line.new, 1)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", "", fmt.Errorf("change the example: %w", err)
	}
	b.removeImages(namespace)
	return dir, namespace, nil
}

// copyExample copies examples/sms-checker as it is.
func (b *bench) copyExample(ctx context.Context) (string, error) {
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
	return dir, nil
}

func read(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the project: %w", err)
	}
	return string(text), nil
}
