package skaffold

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/scaffold"
)

// artifacts converts build.
func (c *converter) artifacts(m *module) {
	b := m.doc.take("build")
	if local := b.take("local"); local != nil {
		if push := local.take("push"); push.yes(false) {
			c.lose(push, "devloop brings images to the local cluster itself: name a registry under push: to have them pushed")
		}
		local.take("useBuildkit")
		local.take("useDockerCLI")
		local.take("concurrency")
		local.take("tryImportMissing")
	}
	for _, a := range b.take("artifacts").list() {
		c.artifact(m, a)
	}
}

func (c *converter) artifact(m *module, a *node) {
	image := a.take("image")
	name := image.text()
	m.order = append(m.order, name)
	for builder, instead := range builders() {
		if n := a.fields[builder]; n != nil {
			c.unbuilt[name] = fmt.Sprintf("%s:%d", n.file, n.line)
			a.all()
			c.lost = append(c.lost, lost{n.file, n.path, n.line, "image " + name + " is left out: " + instead})
			return
		}
	}
	if name == "" || templated(name) {
		c.lose(a, "an image needs a fixed name")
		return
	}
	folder := "."
	if n := a.take("context"); n.text() != "" {
		folder = n.text()
	}
	im := config.Image{Context: c.at(m, folder)}
	c.build(m, a, folder, &im)
	c.platform(a.take("platforms"), &im)
	if hooks := a.fields["hooks"]; hooks != nil {
		c.before(m, a, folder, &im)
	}
	c.sync(a.take("sync"), &im)
	key := c.imageName(name)
	c.images[name], c.places[key] = key, image
	c.project.Images[key] = im
	c.told = append(c.told, fmt.Sprintf("image %s: %s, built from %s", key, name, im.Context))
}

// idle tells of images that no release has a value for.
func (c *converter) idle() {
	used := map[string]bool{}
	for _, r := range c.project.Releases {
		for _, image := range r.Images {
			used[image] = true
		}
	}
	for _, name := range c.project.ImageNames() {
		if !used[name] {
			c.lose(c.places[name], "no chart value was found for it: name the value under images: of its release")
		}
	}
}

// imageName is the last part of an image's name; the whole one where two end
// alike, as far as devloop takes it.
func (c *converter) imageName(image string) string {
	short := strings.ToLower(path.Base(image))
	if i := strings.IndexAny(short, ":@"); i > 0 {
		short = short[:i]
	}
	if _, taken := c.project.Images[short]; !taken {
		return short
	}
	return scaffold.Label(image, 200)
}

func (c *converter) docker(m *module, d *node, im *config.Image) {
	if file := d.take("dockerfile"); file.text() != "" && file.text() != "Dockerfile" {
		im.Dockerfile = file.text()
	}
	im.Target = d.take("target").text()
	c.secrets(m, d, im)
	args := d.take("buildArgs")
	if args == nil {
		return
	}
	for _, k := range args.keys {
		v := args.take(k)
		switch {
		case v.value == nil || templated(v.text()):
			c.lose(v, "devloop passes no environment to a build: give it a fixed value under args:, or make a file of it in prebuild:")
		default:
			if im.Args == nil {
				im.Args = map[string]string{}
			}
			im.Args[k] = v.text()
		}
	}
}

// secrets converts what a build may read: secrets by file or variable, and an agent.
func (c *converter) secrets(m *module, d *node, im *config.Image) {
	for _, n := range d.take("secrets").list() {
		secret := config.Secret{ID: n.take("id").text(), Env: n.take("env").text()}
		if src := n.take("src").text(); src != "" {
			secret.File = c.at(m, src)
			if strings.HasPrefix(src, "~/") {
				secret.File = src
			}
		}
		if secret.ID == "" || (secret.File == "") == (secret.Env == "") || templated(secret.File) {
			c.lose(n, "a secret has an id and either a file: or an env:")
			continue
		}
		im.Secrets = append(im.Secrets, secret)
	}
	if agent := d.take("ssh").text(); agent != "" {
		im.SSH = []string{agent}
	}
}

func (c *converter) platform(p *node, im *config.Image) {
	items := p.list()
	switch {
	case len(items) == 1 && items[0].text() != "all":
		im.Platform = items[0].text()
	case len(items) > 0:
		c.lose(p, "devloop builds for the one platform of the local cluster")
	}
}

// before makes a prebuild of a single command on the host that runs in the context
// folder. Skaffold runs it where skaffold.yaml is, unless told otherwise.
func (c *converter) before(m *module, a *node, folder string, im *config.Image) {
	hooks := a.take("hooks")
	before := hooks.take("before")
	if before == nil {
		return
	}
	if len(before.items) != 1 {
		c.lose(before, "prebuild: is one command: call a script or a make target that does all of these")
		return
	}
	hook := before.list()[0]
	dir := "."
	if d := hook.take("dir"); d.text() != "" {
		dir = d.text()
	}
	command := hook.take("command").all()
	if c.at(m, dir) != c.at(m, folder) {
		c.lose(before, "prebuild: runs in the context folder %s, this command in %s: adapt it, as prebuild: %s", im.Context, c.at(m, dir), words(command))
		return
	}
	for _, w := range command.items {
		im.Prebuild = append(im.Prebuild, w.text())
	}
}

func words(n *node) string {
	var out []string
	for _, item := range n.list() {
		out = append(out, item.text())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// chartDir is a chart's folder on disk.
func (c *converter) chartDir(chart string) string {
	if filepath.IsAbs(filepath.FromSlash(chart)) {
		return filepath.FromSlash(chart)
	}
	return filepath.Join(c.dir, filepath.FromSlash(chart))
}
