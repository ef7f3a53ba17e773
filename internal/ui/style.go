package ui

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
)

// style holds the colours of the loop's own lines. They are of the basic 16, so
// that they follow the terminal's theme.
type style struct {
	strong, dim, number, good, bad, note, gone, plain lipgloss.Style
}

func newStyle(r *lipgloss.Renderer) style {
	return style{
		strong: r.NewStyle().Bold(true),
		dim:    r.NewStyle().Faint(true),
		number: r.NewStyle().Bold(true).Foreground(lipgloss.Color("4")),
		good:   r.NewStyle().Foreground(lipgloss.Color("2")),
		bad:    r.NewStyle().Bold(true).Foreground(lipgloss.Color("1")),
		note:   r.NewStyle().Foreground(lipgloss.Color("3")),
		plain:  r.NewStyle(),
		gone:   r.NewStyle().Foreground(lipgloss.Color("1")),
	}
}

// seconds shows a duration to the hundredth, which is what a person can feel.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

// few names up to three paths and counts the rest.
func few(paths []string) string {
	if len(paths) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:2], ", "), len(paths)-2)
	}
	return strings.Join(paths, ", ")
}

func indent(text string) string { return "   " + strings.ReplaceAll(text, "\n", "\n   ") }

// sequences are terminal control sequences: CSI, OSC and the two-character ones.
var sequences = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])?`)

var colour = regexp.MustCompile(`^\x1b\[[0-9;:]*m$`)

// clean keeps text from moving the cursor, clearing the screen or setting the
// title: colours stay, other control sequences and characters go.
func clean(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f }) < 0 {
		return text
	}
	coloured := false
	text = sequences.ReplaceAllStringFunc(text, func(s string) string {
		if colour.MatchString(s) {
			coloured = true
			return s
		}
		return ""
	})
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != 0x1b || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if coloured {
		text += "\x1b[0m"
	}
	return text
}
