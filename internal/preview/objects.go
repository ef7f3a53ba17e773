package preview

import (
	"strings"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/diff"
)

// widest is up to where the templates of a short list are aligned.
const widest = 48

// objects draws those of a first install as a list, others with what changes.
func (d *drawer) objects(r Release) {
	brief := r.Action == "install" && !d.full
	width := 0
	for _, o := range r.Objects {
		if n := len(o.title(r)); brief && n <= widest {
			width = max(width, n)
		}
	}
	for i, o := range r.Objects {
		if !brief || i == 0 {
			d.line("")
		}
		d.object(r, o, brief, width)
	}
}

// title is Kind/name, and the namespace where it is another than the release's.
func (o Object) title(r Release) string {
	if o.Namespace != "" && o.Namespace != r.Namespace {
		return o.Kind + "/" + o.Name + " in " + o.Namespace
	}
	return o.Kind + "/" + o.Name
}

func (d *drawer) object(r Release, o Object, brief bool, width int) {
	mark, colour := "~", d.change
	from := o.Template
	switch o.Change {
	case deploy.Create:
		mark, colour = "+", d.add
	case deploy.Delete:
		mark, colour = "-", d.remove
		from += " renders it no more"
	case deploy.Keep:
		mark, colour = "=", d.dim
		from = "no longer in the chart; kept, as its annotation helm.sh/resource-policy says"
	case deploy.Drifted:
		mark, colour = "≠", d.note
	}
	if o.Edited && o.Change == deploy.Update {
		from += " (edited)"
	}
	name := o.title(r)
	pad := strings.Repeat(" ", max(0, width-len(name)))
	d.line("  %s %s%s  %s", colour.Render(mark), d.strong.Render(name), pad, d.dim.Render(strings.TrimSpace(from)))
	if o.Problem != "" {
		d.line("      %s %s", d.bad.Render("✗"), o.Problem)
	}
	if brief || o.Change == deploy.Delete && !d.full {
		return
	}
	d.lines(o)
}

func (d *drawer) lines(o Object) {
	drift := map[string]string{} // path -> remark
	for _, f := range o.Drift {
		drift[f.Path] = "  # drift"
		if f.By != "" {
			drift[f.Path] += ": by " + f.By
		}
	}
	for _, l := range o.lines {
		text := l.String()
		switch l.Op {
		case diff.Gone:
			text = d.remove.Render(text)
		case diff.New:
			text = d.add.Render(text)
		default:
			text = d.dim.Render(text)
		}
		if remark := drift[l.Path]; remark != "" {
			delete(drift, l.Path)
			text += d.note.Render(remark)
		}
		d.line("    %s", text)
	}
}
