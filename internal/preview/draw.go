package preview

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// Options are how a plan is drawn.
type Options struct {
	Renderer *lipgloss.Renderer // decides on colours; required
	// Full draws the objects of a first install and removed ones in full, not
	// only their names.
	Full bool
}

// Draw writes the plan for a person.
func (p *Plan) Draw(w io.Writer, o Options) error {
	d := &drawer{style: newStyle(o.Renderer), full: o.Full}
	d.images(p.Images)
	for _, r := range p.Releases {
		d.release(r)
	}
	for _, n := range p.Notes {
		d.line("%s %s", d.note.Render("note"), n)
	}
	d.line("%s", d.summary(p))
	_, err := io.WriteString(w, d.text.String())
	return err
}

type drawer struct {
	style
	full bool
	text strings.Builder
}

// style holds colours of the basic 16, so that they follow the terminal's theme.
type style struct {
	strong, dim, add, change, remove, bad, note lipgloss.Style
}

func newStyle(r *lipgloss.Renderer) style {
	return style{
		strong: r.NewStyle().Bold(true),
		dim:    r.NewStyle().Faint(true),
		add:    r.NewStyle().Foreground(lipgloss.Color("2")),
		change: r.NewStyle().Foreground(lipgloss.Color("6")),
		remove: r.NewStyle().Foreground(lipgloss.Color("1")),
		bad:    r.NewStyle().Bold(true).Foreground(lipgloss.Color("1")),
		note:   r.NewStyle().Foreground(lipgloss.Color("3")),
	}
}

func (d *drawer) line(format string, args ...any) {
	d.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (d *drawer) images(images []Image) {
	if len(images) == 0 {
		return
	}
	d.line("%s", d.strong.Render("images"))
	width := 0
	for _, im := range images {
		width = max(width, len(im.Name))
	}
	for _, im := range images {
		mark, text := d.dim.Render("="), d.dim.Render(im.Ref+" is there")
		switch im.State {
		case Build:
			mark, text = d.add.Render("+"), im.Ref+" would be built"
		case Load:
			mark, text = d.add.Render("+"), im.Ref+" is built, would be brought to "+im.Note
		case Unknown:
			mark, text = d.note.Render("?"), strings.TrimSpace(im.Ref+" "+im.Note)
		case Failed:
			mark, text = d.bad.Render("✗"), im.Note
		case There:
			if im.Note != "" {
				text += d.dim.Render("; " + im.Note)
			}
		}
		d.line("  %s %-*s  %s", mark, width, im.Name, text)
	}
	d.line("")
}

func (d *drawer) release(r Release) {
	what := ""
	switch {
	case r.Error != "":
		what = d.bad.Render("no plan")
	case r.Action == "install":
		what = d.add.Render("install")
	case r.Action == "upgrade":
		what = d.change.Render("upgrade") + d.dim.Render(fmt.Sprintf(" revision %d -> %d", r.Revision, r.Revision+1))
	case r.changes():
		what = d.note.Render("drift") + d.dim.Render(fmt.Sprintf(" from revision %d", r.Revision))
	default:
		what = d.dim.Render(fmt.Sprintf("in line with revision %d", r.Revision))
	}
	d.line("%s %s  %s", d.strong.Render("release "+r.Name), d.dim.Render("in namespace "+r.Namespace), what)
	if r.Error != "" {
		d.line("  %s\n", strings.ReplaceAll(r.Error, "\n", "\n  "))
		return
	}
	d.reasons(r)
	for _, n := range r.Notes {
		d.line("  %s %s", d.note.Render("note"), n)
	}
	d.objects(r)
	for i, h := range r.Hooks {
		if i == 0 {
			d.line("\n  %s", d.dim.Render("hooks that would run"))
		}
		d.line("  %s %s/%s  %s", h.Event, h.Kind, h.Name, d.dim.Render(h.Template))
	}
	if r.Same > 0 && r.changes() {
		d.line("\n  %s", d.dim.Render(few(r.Same, "object stays as it is", "objects stay as they are")))
	}
	d.line("")
}

// most is how many reasons are told before the rest are counted.
const most = 6

func (d *drawer) reasons(r Release) {
	for i, why := range r.Reasons {
		lead := "because"
		if i > 0 {
			lead = "       "
		}
		if i == most && len(r.Reasons) > most+1 {
			d.line("  %s %s", lead, d.dim.Render(fmt.Sprintf("and %d more", len(r.Reasons)-most)))
			return
		}
		place := why.File
		if why.Line > 0 {
			place += fmt.Sprintf(":%d", why.Line)
		}
		text := why.Text
		if place != "" {
			text = place + " " + d.dim.Render(text)
		}
		d.line("  %s %s", d.dim.Render(lead), text)
	}
}
