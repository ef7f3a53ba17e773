package ui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/devloop-dev/devloop/internal/event"
)

// model is the program that bubbletea runs: it takes events and keys, and draws the
// footer. All of it happens in bubbletea's goroutine.
type model struct {
	style    style
	state    *state
	screen   *Screen
	now      func() time.Time
	columns  int
	lines    int
	ticking  bool
	quitting bool

	questions []question
	editor    *editor // nil: nothing is being typed
	filter    *filter // of the logs; nil: all are shown
	printed   []string
	drawn     string // the footer as it was drawn last
}

// What bubbletea hands to Update beside its own messages.
type (
	eventsMsg []event.Event
	askMsg    question
	unaskMsg  struct{ answer chan<- bool } // nobody waits for the answer any more
	saidMsg   string                       // to be shown above the footer
	tickMsg   struct{}
	closeMsg  struct{}
)

// Init begins with an empty footer.
func (m *model) Init() tea.Cmd { return nil }

// Update takes a message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.columns, m.lines = msg.Width, msg.Height
	case eventsMsg:
		for _, e := range msg {
			m.state.take(e, m.now())
		}
	case askMsg:
		m.questions = append(m.questions, question(msg))
	case unaskMsg:
		for i, q := range m.questions {
			if q.answer == msg.answer {
				m.questions = append(m.questions[:i:i], m.questions[i+1:]...)
				break
			}
		}
	case saidMsg:
		m.print(string(msg))
	case closeMsg:
		m.quitting = true
		return m, tea.Quit
	case tickMsg:
		m.ticking = false
	case tea.KeyMsg:
		cmd = m.key(msg)
	}
	return m, tea.Batch(cmd, m.flush(), m.tick())
}

// tick has what is under way drawn again as time goes by.
func (m *model) tick() tea.Cmd {
	if m.ticking || !m.state.works() {
		return nil
	}
	m.ticking = true
	return tea.Tick(250*time.Millisecond, func(time.Time) tea.Msg { return tickMsg{} })
}

// print shows text above the footer.
func (m *model) print(text string) { m.printed = append(m.printed, text) }

func (m *model) flush() tea.Cmd {
	if len(m.printed) == 0 {
		return nil
	}
	text := strings.Join(m.printed, "\n")
	m.printed = nil
	return tea.Println(below + text)
}

// View draws the footer.
func (m *model) View() string {
	m.drawn = ""
	if !m.quitting && m.columns > 0 {
		m.drawn = m.style.footer(m.state, m.notes(), m.prompt(), frame{m.columns, m.lines, m.now()})
	}
	return m.drawn
}

// notes are what the rule says beside the state.
func (m *model) notes() string {
	if m.filter == nil {
		return ""
	}
	return fmt.Sprintf(", filter %s (%d hidden)", m.filter.text, m.screen.hidden.Load())
}

// key does what a key asks for.
func (m *model) key(k tea.KeyMsg) tea.Cmd {
	c := commandOf(k)
	if c == suspendCommand {
		return tea.Suspend
	}
	if k.Type == tea.KeyCtrlC {
		m.screen.interrupt()
		return nil
	}
	switch {
	case m.editor != nil:
		m.edit(k)
		return nil
	case len(m.questions) > 0 && m.reply(k):
		return nil
	case k.Type == tea.KeyEsc:
		m.use(nil)
		return nil
	}
	switch c {
	case retryCommand:
		return m.screen.ask(retry)
	case pauseCommand:
		if m.state.paused {
			return m.screen.ask(resume)
		}
		return m.screen.ask(pause)
	case filterCommand:
		m.editor = &editor{}
		if m.filter != nil {
			m.editor.text = m.filter.text
		}
	case timelineCommand:
		m.print(m.style.drawBars(m.state.bars, m.state.done, m.columns))
	case diffCommand:
		m.print(m.style.drawApplied(m.state.applied))
	case errorsCommand:
		m.print(m.style.errors(m.state.shown()))
	case openCommand:
		return m.open()
	case helpCommand:
		m.print(m.style.help())
	case quitCommand:
		m.screen.quit()
	}
	return nil
}

// edit takes a key into the filter's line.
func (m *model) edit(k tea.KeyMsg) {
	switch k.Type {
	case tea.KeyEsc:
		m.editor = nil
		m.use(nil)
	case tea.KeyEnter:
		f, err := parseFilter(m.editor.text)
		if err != nil {
			m.editor.err = err
			return
		}
		m.editor = nil
		m.use(f)
	default:
		m.editor.key(k)
	}
}

// use has the logs filtered from now on.
func (m *model) use(f *filter) {
	if m.filter == nil && f == nil {
		return
	}
	switch {
	case f != nil:
		m.print(m.style.note.Render("filter") + " " + f.text)
	default:
		m.print(m.style.note.Render("filter") + fmt.Sprintf(" ends; %d lines were hidden", m.screen.hidden.Load()))
	}
	m.filter = f
	m.screen.filter.Store(f)
	m.screen.hidden.Store(0)
}

// open shows what is forwarded, in a browser where there is one.
func (m *model) open() tea.Cmd {
	urls := m.state.urls
	if len(urls) == 0 {
		m.print(m.style.note.Render("open") + " nothing is forwarded: see forward: in devloop.yaml")
		return nil
	}
	m.print(m.style.note.Render("open") + " " + strings.Join(urls, " "))
	url, open, bad := urls[0], m.screen.o.Open, m.style.bad
	return func() tea.Msg {
		if err := open(url); err != nil {
			return saidMsg(bad.Render("open") + " " + clean(err.Error()))
		}
		return nil
	}
}
