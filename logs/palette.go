package logs

import (
	"hash/fnv"
	"math"
	"strings"
	"sync"

	"github.com/charmbracelet/lipgloss"
)

// Palette draws what stands before each line: the names of the pod and its
// container in the pod's colour. The colour follows from the pod's name, so it is
// the same in each run, unless another pod that is logging has it already.
// It is safe for concurrent use.
type Palette struct {
	renderer *lipgloss.Renderer

	mu    sync.Mutex
	pods  map[podName]*tint
	hues  [len(hues)]*tint // the latest pod that uses each hue
	tick  uint64
	names map[string]int // how many pods can be called so
	limit int            // columns of a label at most; 0: any number
	width int            // of the widest label so far, to align the others with
	drawn int            // changes when all prefixes are to be drawn anew
}

type podName struct{ namespace, pod string }

// tint is a pod's colour and the prefixes drawn with it.
type tint struct {
	hue      int
	used     uint64 // tick of the latest line
	names    []string
	shades   map[string]int // of its containers
	prefixes map[string]string
	drawn    int // state of the palette for which they were
}

const (
	// remembered pods beyond this number are forgotten, the longest silent first.
	remembered = 256

	// Labels are aligned up to this width; where it is known, they take a third
	// of the terminal's.
	alignment         = 32
	narrowest, widest = 8, 40
)

// NewPalette makes a palette that draws with a renderer. The renderer decides
// on colour: for one without (not a terminal, NO_COLOR, TERM=dumb) prefixes
// are plain text.
func NewPalette(r *lipgloss.Renderer) *Palette {
	return &Palette{renderer: r, pods: map[podName]*tint{}, names: map[string]int{}}
}

// SetWidth tells how many columns the terminal has; 0, as at first, for any
// number. Prefixes take a third of them at most, names that do not fit lose
// their middle.
func (p *Palette) SetWidth(columns int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := 0
	if columns > 0 {
		limit = min(max(columns/3, narrowest), widest)
	}
	if limit != p.limit {
		p.limit, p.width = limit, 0
		p.drawn++
	}
}

// Prefix is what to print before the text of a line: the pod, the container
// unless the pod's name tells it, and a bar, such as "app sidecar │ ". What
// controllers append to a pod's name, and the release's name before it, are left
// out as long as no other pod can be meant.
func (p *Palette) Prefix(l Line) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick++
	t := p.tint(l)
	t.used = p.tick
	if t.drawn != p.drawn {
		t.drawn = p.drawn
		clear(t.prefixes)
	}
	text, ok := t.prefixes[l.Container]
	if !ok {
		text = p.draw(l, t)
		t.prefixes[l.Container] = text
	}
	return text
}

func (p *Palette) draw(l Line, t *tint) string {
	name := t.names[len(t.names)-1]
	for _, n := range t.names {
		if p.names[n] == 1 {
			name = n
			break
		}
	}
	container := l.Container
	if implied(l) {
		container = ""
	}
	name, container = label(name, container, p.limit)
	columns := width(name)
	if container != "" {
		columns += 1 + width(container)
	}
	if columns > p.width && columns <= max(p.limit, alignment) {
		p.width = columns
		p.drawn++
		t.drawn = p.drawn
		clear(t.prefixes)
	}
	if _, ok := t.shades[l.Container]; !ok {
		t.shades[l.Container] = len(t.shades)
	}
	hue := hues[t.hue]
	pod := p.renderer.NewStyle().Foreground(hue.color(0)).Bold(true)
	rest := p.renderer.NewStyle().Foreground(hue.color(t.shades[l.Container]))
	if container != "" {
		name += " "
	}
	padding := strings.Repeat(" ", max(0, p.width-columns))
	return pod.Render(name) + rest.Render(container+padding+" │") + " "
}

// tint returns a pod's colour. A new pod gets the hue of its name; if a pod
// has that, the next one that is free; if none is, the one that has not been
// seen for longest, which as a rule is that of a pod replaced long ago.
func (p *Palette) tint(l Line) *tint {
	name := podName{l.Namespace, l.Pod}
	if t := p.pods[name]; t != nil {
		return t
	}
	h := fnv.New32a()
	h.Write([]byte(l.Namespace + "/" + l.Pod))
	start := int(h.Sum32() % uint32(len(hues)))
	hue, oldest := start, uint64(math.MaxUint64)
	for i := range hues {
		at := (start + i) % len(hues)
		holder := p.hues[at]
		if holder == nil {
			hue = at
			break
		}
		if holder.used < oldest {
			hue, oldest = at, holder.used
		}
	}
	t := &tint{hue: hue, names: shortNames(l), shades: map[string]int{}, prefixes: map[string]string{}, drawn: p.drawn}
	p.pods[name], p.hues[hue] = t, t
	for _, n := range t.names {
		if p.names[n]++; p.names[n] == 2 {
			p.drawn++ // the other pod gets a longer name
		}
	}
	if len(p.pods) > remembered {
		p.forget()
	}
	return t
}

func (p *Palette) forget() {
	var name podName
	oldest := uint64(math.MaxUint64)
	for n, t := range p.pods {
		if t.used > 0 && t.used < oldest {
			name, oldest = n, t.used
		}
	}
	t := p.pods[name]
	delete(p.pods, name)
	for _, n := range t.names {
		if p.names[n]--; p.names[n] == 0 {
			delete(p.names, n)
		}
	}
	if p.hues[t.hue] == t {
		p.hues[t.hue] = nil
	}
}
