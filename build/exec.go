package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// execAPI is what running a command in a container needs of a docker daemon.
type execAPI interface {
	ContainerExecCreate(ctx context.Context, container string, o container.ExecOptions) (container.ExecCreateResponse, error)
	ContainerExecAttach(ctx context.Context, id string, o container.ExecAttachOptions) (types.HijackedResponse, error)
	ContainerExecInspect(ctx context.Context, id string) (container.ExecInspect, error)
}

// execIn runs a command in a container, with stdin as its input where there is
// one, and returns what it printed. A failure of the command is a *CommandError.
func execIn(ctx context.Context, api execAPI, name string, stdin io.Reader, command ...string) (string, error) {
	created, err := api.ContainerExecCreate(ctx, name, container.ExecOptions{
		Cmd:          command,
		AttachStdin:  stdin != nil,
		AttachStdout: true,
		AttachStderr: true,
	})
	if err != nil {
		return "", fmt.Errorf("docker exec in %s: %w", name, err)
	}
	conn, err := api.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{})
	if err != nil {
		return "", fmt.Errorf("docker exec in %s: %w", name, err)
	}
	defer conn.Close()
	// A hijacked connection knows nothing of ctx: closing it ends both copies.
	defer context.AfterFunc(ctx, conn.Close)()

	sent := make(chan error, 1)
	go func() {
		var err error
		if stdin != nil {
			_, err = io.Copy(conn.Conn, stdin)
			conn.CloseWrite() // the command sees the end of its input; its exit code tells the rest
		}
		sent <- err
	}()
	var out bytes.Buffer
	complaints := &lineWriter{}
	_, readErr := stdcopy.StdCopy(&out, complaints, conn.Reader)
	complaints.end()
	conn.Close() // a command that ended without reading all must not hold up the sender
	sendErr := <-sent
	if ctx.Err() != nil {
		return "", fmt.Errorf("docker exec in %s: %w", name, context.Cause(ctx))
	}
	if readErr != nil {
		return "", fmt.Errorf("docker exec in %s: read the output: %w", name, readErr)
	}
	state, err := ended(ctx, api, created.ID)
	if err != nil {
		return "", fmt.Errorf("docker exec in %s: %w", name, err)
	}
	if state.ExitCode != 0 {
		return "", &CommandError{Command: command, Dir: "container " + name, ExitCode: state.ExitCode, Output: complaints.text()}
	}
	if sendErr != nil {
		return "", fmt.Errorf("docker exec in %s: send the input: %w", name, sendErr)
	}
	return out.String(), nil
}

// ended is how a command ended. Docker may notice only some time after the
// command's output has, and says until then that it runs, with exit code 0.
func ended(ctx context.Context, api execAPI, id string) (container.ExecInspect, error) {
	for {
		state, err := api.ContainerExecInspect(ctx, id)
		if err != nil || !state.Running {
			return state, err
		}
		select {
		case <-ctx.Done():
			return state, context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
