package ui

import (
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
)

// question is one that waits for the user's answer.
type question struct {
	text   string
	answer chan<- bool // has room for it
}

// editor is the line in which a filter is typed.
type editor struct {
	text string
	err  error // what is wrong with it, once it was entered
}

// key changes the text; what does not belong there is ignored.
func (e *editor) key(k tea.KeyMsg) {
	e.err = nil
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		e.text += clean(string(k.Runes))
	case tea.KeyBackspace:
		_, size := utf8.DecodeLastRuneInString(e.text)
		e.text = e.text[:len(e.text)-size]
	case tea.KeyCtrlU:
		e.text = ""
	}
}

// prompt is the last line of the footer: what is asked, or being typed.
func (m *model) prompt() string {
	s := m.style
	switch {
	case m.editor != nil && m.editor.err != nil:
		return s.bad.Render(m.editor.err.Error()) + ": " + m.editor.text + "▏"
	case m.editor != nil:
		return s.note.Render("filter") + s.dim.Render(" (regular expression, level>=warn; Enter, Esc) ") + m.editor.text + "▏"
	case len(m.questions) > 0:
		return s.note.Render("?") + " " + s.strong.Render(clean(m.questions[0].text)) + " [y/N]"
	}
	return ""
}

// reply takes a key as the answer to a question: y is yes, n, Enter and Esc are no.
func (m *model) reply(k tea.KeyMsg) (answered bool) {
	yes := k.String() == "y" || k.String() == "Y"
	switch k.String() {
	case "y", "Y", "n", "N", "enter", "esc":
	default:
		return false
	}
	if k.Paste {
		return false
	}
	q := m.questions[0]
	m.questions = m.questions[1:]
	q.answer <- yes
	word := "no"
	if yes {
		word = "yes"
	}
	m.print(m.style.note.Render("?") + " " + clean(q.text) + " " + m.style.strong.Render(word))
	return true
}
