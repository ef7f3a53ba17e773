package preview

import (
	"fmt"
	"strings"

	"github.com/devloop-dev/devloop/deploy"
)

// summary is the plan in one line.
func (d *drawer) summary(p *Plan) string {
	var words []string
	build, load := 0, 0
	for _, im := range p.Images {
		switch im.State {
		case Build:
			build++
		case Load:
			load++
		}
	}
	if build > 0 {
		words = append(words, "build "+few(build, "image", "images"))
	}
	if load > 0 {
		words = append(words, "load "+few(load, "image", "images"))
	}
	var drift []string
	for _, r := range p.Releases {
		if r.Action != "none" && r.changes() {
			words = append(words, r.summary())
		}
		if n := r.drifted(); n > 0 {
			drift = append(drift, fmt.Sprintf("%s (%s)", r.Name, few(n, "object", "objects")))
		}
	}
	text := d.add.Render("nothing to do") + d.dim.Render(": the cluster is as the files say")
	if p.Failed {
		text = "nothing else to do"
	}
	if len(words) > 0 {
		text = d.strong.Render("would ") + strings.Join(words, "; ")
	}
	if len(drift) > 0 {
		found := d.note.Render("drift in " + strings.Join(drift, ", "))
		if len(words) > 0 {
			found = text + "; " + found
		}
		text = found
	}
	var unknown []string
	for _, im := range p.Images {
		if im.State == Unknown {
			unknown = append(unknown, im.Name)
		}
	}
	if len(unknown) > 0 {
		text += d.note.Render("; not known yet: " + strings.Join(unknown, ", "))
	}
	if p.Failed {
		text += "\n" + d.bad.Render("the plan has failures, see ✗ and \"no plan\" above")
	}
	return text
}

// drifted counts the objects that somebody else changed.
func (r Release) drifted() int {
	n := 0
	for _, o := range r.Objects {
		if len(o.Drift) > 0 {
			n++
		}
	}
	return n
}

func (r Release) summary() string {
	count := map[deploy.Change]int{}
	for _, o := range r.Objects {
		count[o.Change]++
	}
	var parts []string
	for _, c := range []struct {
		change deploy.Change
		word   string
	}{{deploy.Create, "create"}, {deploy.Update, "change"}, {deploy.Delete, "delete"}} {
		if n := count[c.change]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c.word, n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no object changes"}
	}
	return fmt.Sprintf("%s %s (%s)", r.Action, r.Name, strings.Join(parts, ", "))
}

func few(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
