package skaffold

import (
	"fmt"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/strvals"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/scaffold"
)

// releases converts the helm releases: in deploy up to v2, in deploy or manifests
// from v3 on.
func (c *converter) releases(m *module) {
	for _, section := range []string{"deploy", "manifests"} {
		helm := m.doc.take(section).take("helm")
		for _, r := range helm.take("releases").list() {
			c.release(m, r)
		}
	}
}

func (c *converter) release(m *module, n *node) {
	chart := n.take("chartPath")
	if chart == nil {
		c.remoteChart(n)
		return
	}
	if templated(chart.text()) {
		c.lose(n, "a chart's path cannot hold a variable: add the release with a fixed one")
		return
	}
	r := config.Release{Chart: c.at(m, chart.text())}
	name := c.releaseName(n, chart.text())
	if _, taken := c.project.Releases[name]; taken {
		c.lose(n, "there is a release %s already: add this one under another name", name)
		return
	}
	if ns := n.take("namespace"); templated(ns.text()) {
		c.lose(ns, "a namespace cannot hold a variable: name one, or leave it to the context")
	} else {
		r.Namespace = ns.text()
	}
	r.CreateNamespace = n.take("createNamespace").yes(false)
	for _, v := range n.take("valuesFiles").list() {
		if templated(v.text()) || strings.Contains(v.text(), "://") {
			c.lose(v, "a values file is a fixed path here: add it under values:")
			continue
		}
		r.Values = append(r.Values, c.at(m, v.text()))
	}
	c.set(n, &r)
	c.setFiles(m, n, &r)
	c.releaseImages(m, n, &r)
	for _, needless := range []string{"wait", "skipBuildDependencies", "skipBuildDependency", "recreatePods", "upgradeOnChange", "skipTests"} {
		c.needless(n, needless)
	}
	c.wait(n, name)
	c.project.Releases[name] = r
	c.told = append(c.told, fmt.Sprintf("release %s: chart %s", name, r.Chart))
}

// needless takes a switch that asks for what devloop does anyway, or does not do
// in either case; the opposite of it is lost.
func (c *converter) needless(n *node, key string) {
	v := n.fields[key]
	if v == nil {
		return
	}
	fits := map[string]bool{"wait": true, "upgradeOnChange": true, "recreatePods": false, "skipTests": true}
	if want, ok := fits[key]; ok && v.yes(false) != want {
		return // told by the table
	}
	v.taken = true
}

func (c *converter) releaseName(n *node, chart string) string {
	name, fixed := n.take("name"), scaffold.Label(path.Base(chart), 53)
	if fixed == "" {
		fixed = "release"
	}
	switch {
	case name.text() == "":
		return fixed
	case templated(name.text()):
		c.lose(name, "a release's name cannot hold a variable: it is %s now", fixed)
		return fixed
	}
	return name.text()
}

func (c *converter) remoteChart(n *node) {
	at := n.fields["remoteChart"]
	if at == nil {
		at = n
	}
	repo, version := "", ""
	if r := n.fields["repo"]; r != nil {
		repo = " --repo " + r.text()
	}
	if v := n.fields["version"]; v != nil {
		version = " --version " + v.text()
	}
	name := scaffold.Label(n.fields["name"].text(), 53)
	n.all()
	c.lost = append(c.lost, lost{at.file, at.path, at.line, fmt.Sprintf(
		"release %s is left out, devloop takes a chart's folder or .tgz: run helm pull %s%s%s, and name the file as its chart:", name, at.text(), repo, version)})
}

// set converts setValues, which skaffold gives to helm --set one by one, and
// overrides, which it writes into a values file.
func (c *converter) set(n *node, r *config.Release) {
	put := func(key string, v any) {
		if r.Set == nil {
			r.Set = map[string]any{}
		}
		r.Set[key] = v
	}
	var flatten func(prefix string, n *node, typed bool)
	flatten = func(prefix string, n *node, typed bool) {
		for _, k := range n.keys {
			v, key := n.fields[k], k
			if typed {
				key = strings.ReplaceAll(k, ".", `\.`)
			}
			if prefix != "" {
				key = prefix + "." + key
			}
			switch {
			case len(v.fields) > 0:
				flatten(key, v, typed)
			case typed || v.items != nil || v.value == nil:
				put(key, v.plain())
			default:
				put(key, asHelmReads(v))
			}
		}
	}
	if values := n.take("setValues"); values != nil {
		flatten("", values, false)
		values.all()
	}
	if values := n.take("overrides"); values != nil {
		flatten("", values, true)
		values.all()
	}
}

// asHelmReads is a value as helm --set types it: "8080" is a number there.
func asHelmReads(v *node) any {
	parsed, err := strvals.Parse("v=" + v.text())
	if err != nil || len(parsed) != 1 {
		return v.value
	}
	if n, ok := parsed["v"].(int64); ok {
		return int(n)
	}
	return parsed["v"]
}

func (c *converter) setFiles(m *module, n *node, r *config.Release) {
	files := n.take("setFiles")
	if files == nil {
		return
	}
	for _, k := range files.keys {
		f := files.take(k)
		if templated(f.text()) {
			c.lose(f, "a file is a fixed path here: add it under setFile:")
			continue
		}
		if r.SetFile == nil {
			r.SetFile = map[string]string{}
		}
		r.SetFile[k] = c.at(m, f.text())
	}
}

// releaseImages finds where the chart takes its images: by artifactOverrides (and
// values, its older name), by the templates of setValueTemplates, and else by the
// chart's own values, where skaffold replaces images by their names.
func (c *converter) releaseImages(m *module, n *node, r *config.Release) {
	r.Images = map[string]string{}
	for _, key := range []string{"artifactOverrides", "values"} {
		overrides := n.take(key)
		if overrides == nil {
			continue
		}
		overrides.leaves(func(at string, v *node) { c.useImage(v, at, v.text(), r) })
	}
	n.take("imageStrategy").all()
	if templates := n.take("setValueTemplates"); templates != nil {
		c.templates(m, templates, r)
	}
	for _, v := range scaffold.ImagesOf(c.chartDir(r.Chart)) {
		if _, set := r.Images[v.Path]; set || v.Repository == "" {
			continue
		}
		if image, ok := c.images[v.Repository]; ok {
			r.Images[v.Path] = image
		}
	}
}

// useImage puts an image of skaffold's into a chart value.
func (c *converter) useImage(n *node, at, image string, r *config.Release) {
	if name, ok := c.images[image]; ok {
		r.Images[at] = name
		return
	}
	if where, ok := c.unbuilt[image]; ok {
		c.lose(n, "image %s is not built by devloop, see %s", image, where)
		return
	}
	c.lose(n, "image %s is not among the artifacts", image)
}
