package logs

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Printer draws lines for a person: the prefix of a Palette, then the text. A
// JSON record is drawn as its level, its message and its fields; what has line
// ends inside, such as a stack, goes on below. Other text is drawn as it is, made
// safe by Clean. It is safe for concurrent use.
type Printer struct {
	palette *Palette
	colour  bool
	raw     bool
	levels  [Fatal + 1]string
	faint   pen
	bad     pen
}

// PrinterOptions are how a Printer draws.
type PrinterOptions struct {
	Raw bool // JSON records are drawn as they were written
}

// pen is what goes before and after a text.
type pen struct{ on, off string }

func newPen(s lipgloss.Style) pen {
	on, off, _ := strings.Cut(s.Render("x"), "x")
	return pen{on, off}
}

// NewPrinter makes a Printer that draws with a renderer, which decides on colour.
func NewPrinter(r *lipgloss.Renderer, o PrinterOptions) *Printer {
	p := &Printer{palette: NewPalette(r), colour: r.ColorProfile() != termenv.Ascii, raw: o.Raw,
		faint: newPen(r.NewStyle().Faint(true)), bad: newPen(r.NewStyle().Foreground(lipgloss.Color("1")))}
	// These are of the basic 16, so that they follow the terminal's theme.
	styles := [...]lipgloss.Style{Trace: r.NewStyle().Faint(true), Debug: r.NewStyle().Faint(true),
		Info: r.NewStyle().Foreground(lipgloss.Color("2")), Warn: r.NewStyle().Foreground(lipgloss.Color("3")),
		Error: r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true), Fatal: r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true)}
	for level := Trace; level <= Fatal; level++ {
		name := strings.ToUpper(level.String())
		p.levels[level] = styles[level].Render(name) + strings.Repeat(" ", 6-len(name))
	}
	return p
}

// SetWidth is that of the Palette.
func (p *Printer) SetWidth(columns int) { p.palette.SetWidth(columns) }

// Text is what to print for a line, without a line end.
func (p *Printer) Text(l Line) string {
	text := ""
	if r, ok := ParseRecord(l.Text); ok && !p.raw {
		text = p.record(r)
	} else {
		text = Clean(l.Text, p.colour)
	}
	prefix := p.palette.Prefix(l)
	if strings.IndexByte(text, '\n') >= 0 {
		text = strings.ReplaceAll(text, "\n", "\n"+prefix+"      ")
	}
	return prefix + text
}

func (p *Printer) record(r Record) string {
	var b, below strings.Builder
	b.WriteString(p.levels[r.Level])
	b.WriteString(Clean(strings.TrimRight(r.Message, "\r\n"), p.colour))
	first := r.Message == ""
	for _, f := range r.Fields {
		value := Clean(f.Value, false)
		if strings.IndexByte(strings.TrimRight(value, "\n"), '\n') >= 0 {
			below.WriteByte('\n')
			below.WriteString(p.faint.on + Clean(f.Key, false) + ":" + p.faint.off)
			below.WriteString(strings.ReplaceAll("\n"+strings.TrimRight(value, "\n"), "\n", "\n  "))
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		ink := p.faint
		if f.Key == "err" || f.Key == "error" {
			ink = p.bad
		}
		b.WriteString(ink.on)
		b.WriteString(Clean(f.Key, false))
		b.WriteByte('=')
		b.WriteString(quoted(value))
		b.WriteString(ink.off)
	}
	return b.String() + below.String()
}

// quoted puts a value in quotes where its end would not be clear.
func quoted(value string) string {
	if value == "" || strings.ContainsAny(value, " \t\n\"=") && value[0] != '{' && value[0] != '[' {
		return strconv.Quote(value)
	}
	return value
}
