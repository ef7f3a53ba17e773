package skaffold

import (
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// builders are the ways to build that devloop has no counterpart for, in
// skaffold's keys, with what to do instead.
func builders() map[string]string {
	return map[string]string{
		"buildpacks": "devloop runs no buildpacks: write a Dockerfile, it is often five lines, or call pack by custom:",
		"jib":        "devloop runs no jib: make the jar or class folders in prebuild:, and COPY them, or call it by custom:",
		"bazel":      "devloop runs no bazel: make the outputs in prebuild:, and COPY them, or call it by custom:",
		"kaniko":     "devloop builds by the docker daemon only: remove kaniko, the Dockerfile stays",
	}
}

// build converts how an image is built: by ko, by a command, or by a Dockerfile.
func (c *converter) build(m *module, a *node, folder string, im *config.Image) {
	switch {
	case a.fields["ko"] != nil:
		c.ko(m, a.take("ko"), folder, im)
	case a.fields["custom"] != nil:
		c.custom(a.take("custom"), im)
	default:
		c.docker(m, a.take("docker"), im)
	}
}

// ko has devloop build the Go program itself. Its inputs are found by the go command.
func (c *converter) ko(m *module, ko *node, folder string, im *config.Image) {
	if dir := ko.take("dir").text(); dir != "" {
		im.Context = c.at(m, folder+"/"+dir)
	}
	im.Go = "."
	if program := ko.take("main").text(); program != "" {
		im.Go = program
	}
	im.Base = ko.take("fromImage").text()
	im.Flags = c.fixed(ko.take("flags"))
	im.Ldflags = c.fixed(ko.take("ldflags"))
	ko.take("dependencies").all()
}

// custom keeps a command, which skaffold gives to a shell and tells the image to
// make by the same variable.
func (c *converter) custom(custom *node, im *config.Image) {
	command := custom.take("buildCommand")
	switch words := strings.Fields(command.text()); {
	case len(words) == 0:
		c.lose(custom, "write the command that leaves the image $IMAGE in docker under custom:")
	case strings.ContainsAny(command.text(), "\"'`$&|;<>()*?[]{}~#!\\\n="):
		im.Custom = []string{"sh", "-c", command.text()}
	default:
		im.Custom = words
	}
}

// fixed are the items of a list, without those that skaffold would fill in.
func (c *converter) fixed(list *node) (out []string) {
	for _, item := range list.list() {
		if templated(item.text()) {
			c.lose(item, "devloop fills nothing in: give it a fixed value")
			continue
		}
		out = append(out, item.text())
	}
	return out
}
