package build

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// minikube is a minikube cluster whose images go through minikube's own
// command, which knows how to reach each of its nodes and runtimes.
type minikube struct {
	profile string
	from    exporter
}

var _ Target = (*minikube)(nil)

func newMinikube(o TargetOptions) *minikube {
	return &minikube{profile: profileOf(o), from: o.Docker}
}

func profileOf(o TargetOptions) string {
	if profile := o.Nodes[0].Labels[minikubeLabel]; profile != "" {
		return profile
	}
	return o.Context
}

// findMinikubeDaemon connects to the docker daemon inside a minikube node.
func findMinikubeDaemon(ctx context.Context, o TargetOptions) (Target, error) {
	profile := profileOf(o)
	out, err := runMinikube(ctx, profile, nil, "docker-env", "--shell", "none")
	if err != nil {
		return nil, o.unknown(err)
	}
	env := parseEnv(out)
	if env["DOCKER_HOST"] == "" {
		return nil, o.unknown(fmt.Errorf("`minikube -p %s docker-env` named no DOCKER_HOST but said %q", profile, out))
	}
	cli, err := Connect(ctx, ConnectOptions{Env: func(name string) string { return env[name] }})
	if err != nil {
		return nil, o.unknown(err)
	}
	return &sharedDaemon{name: "docker daemon of minikube " + profile, client: cli, own: true}, nil
}

// parseEnv reads NAME=value lines, with or without the shell's export and quotes.
func parseEnv(text string) map[string]string {
	env := map[string]string{}
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		line := strings.TrimPrefix(strings.TrimSpace(s.Text()), "export ")
		if name, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(name, "#") {
			env[name] = strings.Trim(value, `"'`)
		}
	}
	return env
}

func (t *minikube) String() string { return "minikube " + t.profile }

func (t *minikube) Has(ctx context.Context, ref string) (bool, error) {
	name, err := Canonical(ref)
	if err != nil {
		return false, err
	}
	out, err := runMinikube(ctx, t.profile, nil, "image", "ls")
	if err != nil {
		return false, fmt.Errorf("look for %s in %s: %w", ref, t, err)
	}
	for line := range strings.Lines(out) {
		if listed, err := Canonical(strings.TrimSpace(line)); err == nil && listed == name {
			return true, nil
		}
	}
	return false, nil
}

// Load hands the image over on standard input: minikube would look for it in
// the daemon of DOCKER_HOST only, whatever docker's current context is.
func (t *minikube) Load(ctx context.Context, ref string) error {
	tar, err := t.from.ImageSave(ctx, []string{ref})
	if err != nil {
		return fmt.Errorf("take %s out of docker: %w", ref, err)
	}
	defer tar.Close()
	if _, err := runMinikube(ctx, t.profile, tar, "image", "load", "-"); err != nil {
		return fmt.Errorf("load %s into %s: %w", ref, t, err)
	}
	ok, err := t.Has(ctx, ref)
	if err == nil && !ok {
		err = fmt.Errorf("load %s into %s: minikube reported no error, but does not list the image", ref, t)
	}
	return err
}

// runMinikube returns what the command printed; a failure is a *CommandError.
func runMinikube(ctx context.Context, profile string, stdin io.Reader, args ...string) (string, error) {
	args = append([]string{"-p", profile}, args...)
	cmd := exec.CommandContext(ctx, "minikube", args...)
	var out bytes.Buffer
	complaints := &lineWriter{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, complaints
	cmd.WaitDelay = endGrace
	err := cmd.Run()
	complaints.end()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("minikube %s: %w", args[2], context.Cause(ctx))
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("this is a minikube cluster, but the minikube command is not in PATH: %w", err)
	case err != nil:
		failed := &CommandError{Command: cmd.Args, ExitCode: -1, Output: complaints.text(), Err: err}
		if cmd.ProcessState != nil {
			failed.ExitCode = cmd.ProcessState.ExitCode()
		}
		return "", failed
	}
	return out.String(), nil
}
