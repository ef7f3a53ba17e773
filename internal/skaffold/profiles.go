package skaffold

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/scaffold"
)

// profiles converts skaffold's profiles. Each is applied to the files as skaffold
// does it; the outcome is converted like the files themselves, and what then differs
// is devloop's profile.
func (c *converter) profiles() {
	var names []string
	parts := map[string]map[*module]*node{} // name -> what it says of each module
	for _, m := range c.modules {
		for _, p := range m.doc.take("profiles").list() {
			name := p.take("name").text()
			if parts[name] == nil {
				names, parts[name] = append(names, name), map[*module]*node{}
			}
			if parts[name][m] != nil {
				c.lose(p, "there is a profile %s already: add what it says to that one", name)
				continue
			}
			parts[name][m] = p
		}
	}
	for _, name := range names {
		c.profile(name, parts[name])
	}
}

func (c *converter) profile(name string, parts map[*module]*node) {
	over := &converter{dir: c.dir, images: map[string]string{}, unbuilt: map[string]string{}, places: map[string]*node{}}
	over.project = config.Project{Images: map[string]config.Image{}, Releases: map[string]config.Release{}}
	var at *node
	var when config.When
	for _, m := range c.modules {
		doc, p := m.doc.clone(), parts[m]
		if p != nil {
			if at == nil {
				at, when = p, c.when(p)
			} else if other := c.when(p); other != when && other != (config.When{}) {
				c.lose(p.fields["activation"], "profile %s has another activation in %s, which counts", name, at.file)
			}
			patches := p.take("patches")
			overlay(doc, p)
			c.patch(doc, patches)
		}
		over.modules = append(over.modules, &module{doc: doc, file: m.file})
	}
	over.convert()
	for _, l := range over.lost {
		if strings.HasPrefix(l.key, "profiles[") { // the rest was told of the files without it
			c.lost = append(c.lost, l)
		}
	}
	key := scaffold.Label(name, 63)
	if _, taken := c.project.Profiles[key]; key == "" || taken {
		c.lose(at, "it cannot have a name of its own: add it under profiles: with one of small letters, digits and dashes")
		return
	}
	out, stay := differing(c.project, over.project)
	for _, what := range stay {
		c.lost = append(c.lost, lost{at.file, at.path, at.line, what + " stays as it is without the profile: devloop's change and add, and take nothing away"})
	}
	if len(out.Images)+len(out.Releases)+len(out.Forward) == 0 {
		c.told = append(c.told, fmt.Sprintf("profile %s: nothing of it differs here, so there is none", name))
		return
	}
	out.When = when
	if c.project.Profiles == nil {
		c.project.Profiles = map[string]config.Profile{}
	}
	c.project.Profiles[key] = out
	c.told = append(c.told, fmt.Sprintf("profile %s: changes %s", key, changed(out)))
}

// changed says in words what a profile is about.
func changed(p config.Profile) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.Releases)) {
		parts = append(parts, "release "+name)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Images)) {
		parts = append(parts, "image "+name)
	}
	if len(p.Forward) > 0 {
		parts = append(parts, "forward")
	}
	return strings.Join(parts, ", ")
}

// overlay lays a profile's sections over a document as skaffold does: maps key by
// key, lists and single values replaced.
func overlay(doc, profile *node) {
	for _, k := range profile.keys {
		over := profile.fields[k]
		if over.taken { // its name, or a condition
			continue
		}
		if below := doc.fields[k]; below != nil && below.fields != nil && over.fields != nil {
			over.taken = true
			overlay(below, over)
			continue
		}
		doc.put(k, over)
	}
}
