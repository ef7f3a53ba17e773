package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"github.com/devloop-dev/devloop/build"
)

// examination is what one Run found out so far. docker and reached are set by the
// first checks and read by the later ones.
type examination struct {
	Options
	engine  *client.Client
	root    string // docker's folder, as docker sees it
	reached *reached
}

// needsImages: without a project it is taken that there will be images.
func (e *examination) needsImages() bool { return e.Project == nil || len(e.Project.Images) > 0 }

func (e *examination) docker(ctx context.Context) []Finding {
	const check = "docker"
	engine, err := build.Connect(ctx, build.ConnectOptions{})
	if err != nil {
		text, fix := err.Error(), "start docker, or name another daemon by DOCKER_HOST or docker context use"
		var refused *build.ConnectError
		if errors.As(err, &refused) {
			text = fmt.Sprintf("does not answer at %s (%s): %v", refused.Host, refused.Source, refused.Err)
		}
		if !e.needsImages() {
			return warn(check, text, fix+"; this project builds no images, so nothing needs it now")
		}
		return fail(check, text, fix)
	}
	e.engine = engine
	version, err := engine.ServerVersion(ctx)
	if err != nil {
		return fail(check, fmt.Sprintf("answers at %s, but does not tell its version: %v", engine.DaemonHost(), err), "restart docker")
	}
	name := "Docker"
	if version.Platform.Name != "" {
		name = version.Platform.Name
	}
	podman := false
	for _, c := range version.Components {
		podman = podman || strings.HasPrefix(c.Name, "Podman")
	}
	if podman {
		name = "Podman"
	}
	text := fmt.Sprintf("%s %s (%s/%s) at %s", name, version.Version, version.Os, version.Arch, engine.DaemonHost())
	if info, err := engine.Info(ctx); err == nil {
		e.root = info.DockerRootDir
	}
	switch {
	case podman:
		return warn(check, text+": it is not docker, and has no BuildKit", "if builds fail, use docker: DOCKER_HOST names its socket")
	case versions.LessThan(version.APIVersion, "1.39"):
		return warn(check, text+": without BuildKit", "install docker 23 or later, for faster builds, build secrets and RUN --mount")
	}
	return ok(check, text+", with BuildKit")
}
