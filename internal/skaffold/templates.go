package skaffold

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// field is one of skaffold's variables for images: {{.IMAGE_REPO_name}} and so on,
// name with everything but letters and digits as _, or without a name the release's
// first image, or IMAGE_REPO2 its second.
var field = regexp.MustCompile(`\{\{\s*\.IMAGE_(REPO|TAG|DIGEST|FULLY_QUALIFIED|NAME|DOMAIN|REPO_NO_DOMAIN)(?:_([A-Za-z0-9_]+)|([0-9]+))?\s*\}\}`)

// templates converts setValueTemplates. What sets repository and tag of one map, or
// one value to the whole reference, is an image of devloop's.
func (c *converter) templates(m *module, n *node, r *config.Release) {
	type part struct {
		node  *node
		image string
	}
	parts := map[string]map[string]part{} // chart value -> repository or tag
	add := func(at, image, last string, n *node) {
		if parts[at] == nil {
			parts[at] = map[string]part{}
		}
		parts[at][last] = part{n, image}
	}
	n.leaves(func(at string, v *node) {
		kind, image := c.imageTemplate(m, v.text())
		stem, last := at, ""
		if i := strings.LastIndex(at, "."); i >= 0 {
			stem, last = at[:i], at[i+1:]
		}
		switch {
		case kind == "whole":
			c.useImage(v, at, image, r)
		case kind == "repository" && last == "repository" || kind == "tag" && last == "tag":
			add(stem, image, last, v)
		case kind != "":
			c.lose(v, "devloop sets a whole reference, or repository and tag of one map: give the chart a value like that, and name it under images:")
		case templated(v.text()):
			c.lose(v, "devloop puts no environment into values: write the value under set:")
		default:
			if r.Set == nil {
				r.Set = map[string]any{}
			}
			r.Set[at] = asHelmReads(v)
		}
	})
	for _, at := range slices.Sorted(maps.Keys(parts)) {
		repo, tag := parts[at]["repository"], parts[at]["tag"]
		if repo.node != nil && tag.node != nil && repo.image == tag.image {
			c.useImage(repo.node, at, repo.image, r)
			continue
		}
		for _, last := range slices.Sorted(maps.Keys(parts[at])) {
			c.lose(parts[at][last].node, "repository and tag of one image belong together: name %s under images:", at)
		}
	}
}

// imageTemplate says which part of which image a template gives: whole, repository,
// tag, other, or "" when it names none.
func (c *converter) imageTemplate(m *module, text string) (kind, image string) {
	found := field.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return "", ""
	}
	image = c.imageField(m, found[0])
	var names []string
	for _, f := range found {
		if c.imageField(m, f) != image {
			return "other", image
		}
		names = append(names, f[1])
	}
	between := field.ReplaceAllString(text, "")
	switch form := strings.Join(names, "+") + "|" + strings.TrimSpace(between); form {
	case "FULLY_QUALIFIED|", "REPO+TAG|:", "REPO+TAG+DIGEST|:@", "REPO+DIGEST|@":
		return "whole", image
	case "REPO|":
		return "repository", image
	case "TAG|", "TAG+DIGEST|@", "DIGEST|":
		return "tag", image
	}
	return "other", image
}

// imageField is the image a variable names.
func (c *converter) imageField(m *module, match []string) string {
	for _, image := range slices.Concat(slices.Sorted(maps.Keys(c.images)), slices.Sorted(maps.Keys(c.unbuilt))) {
		if match[2] != "" && notName.ReplaceAllString(image, "_") == match[2] {
			return image
		}
	}
	if match[2] == "" {
		n, err := strconv.Atoi(match[3])
		if err != nil {
			n = 1
		}
		if n >= 1 && n <= len(m.order) {
			return m.order[n-1]
		}
	}
	return match[2]
}

var notName = regexp.MustCompile(`[^A-Za-z0-9]`)
