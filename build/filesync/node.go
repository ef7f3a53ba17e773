package filesync

import (
	"context"
	"errors"
	"fmt"

	"github.com/devloop-dev/devloop/build"
)

// nodeWay leads through a node that is a container of the docker daemon: the
// files of its containers are seen from there. Nothing is asked of the image.
type nodeWay struct{ runtime build.Runtime }

func (w *nodeWay) String() string { return "the container's files in the node" }

func (w *nodeWay) write(ctx context.Context, c Container, files []file) error {
	if w.runtime.Nodes[c.Node] == "" {
		return fmt.Errorf("%w: node %s is no container", errNoWay, c.Node)
	}
	for _, p := range packs(files) {
		if _, err := w.runtime.NodeExec(ctx, c.Node, p.tar(), "sh", "-c", script, "sh", c.ID, p.folder); err != nil {
			return fmt.Errorf("write into %s: %w", p.folder, said(err))
		}
	}
	return nil
}

func (w *nodeWay) signal(ctx context.Context, c Container, name string) error {
	if w.runtime.Nodes[c.Node] == "" {
		return fmt.Errorf("%w: node %s is no container", errNoWay, c.Node)
	}
	_, err := w.runtime.NodeExec(ctx, c.Node, nil, "ctr", "-n", "k8s.io", "tasks", "kill", "-s", "SIG"+name, c.ID)
	return said(err)
}

// said is an error of a command without the text of the command, which is long;
// a node without the tools is no way at all.
func said(err error) error {
	var failed *build.CommandError
	if !errors.As(err, &failed) {
		return err
	}
	if failed.ExitCode == 126 || failed.ExitCode == 127 {
		return fmt.Errorf("%w: %s", errNoWay, failed.Output)
	}
	return fmt.Errorf("sh in the node ended with %d: %s", failed.ExitCode, failed.Output)
}
