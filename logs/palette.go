package logs

import (
	"hash/fnv"
	"math"
	"strings"
	"sync"

	"github.com/charmbracelet/lipgloss"
)

// Palette gives pods and containers their colours. A pod's colour follows from
// its name, so it is the same in each run, unless another pod that is logging
// has it already. It is safe for concurrent use.
type Palette struct {
	renderer *lipgloss.Renderer

	mu   sync.Mutex
	pods map[string]*tint // by namespace/pod
	hues [len(hues)]*tint // the latest pod that uses each hue
	tick uint64
}

// tint is a pod's colour and the prefixes drawn with it.
type tint struct {
	hue      int
	used     uint64 // tick of the latest line
	prefixes map[string]string
}

// remembered pods beyond this number are forgotten, the longest silent first.
const remembered = 256

// NewPalette makes a palette that draws with a renderer. The renderer decides
// on colour: for one without (not a terminal, NO_COLOR, TERM=dumb) prefixes
// are plain text.
func NewPalette(r *lipgloss.Renderer) *Palette {
	return &Palette{renderer: r, pods: map[string]*tint{}}
}

// Prefix is what to print before the text of a line: the pod, its container
// and a bar, such as "app-7d9f-x2k1p app │ ".
func (p *Palette) Prefix(l Line) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick++
	t := p.tint(l.Namespace + "/" + l.Pod)
	t.used = p.tick
	text, ok := t.prefixes[l.Container]
	if !ok {
		text = p.draw(l, t)
		t.prefixes[l.Container] = text
	}
	return text
}

func (p *Palette) draw(l Line, t *tint) string {
	hue := hues[t.hue]
	pod := p.renderer.NewStyle().Foreground(hue.color(0)).Bold(true)
	container := p.renderer.NewStyle().Foreground(hue.color(len(t.prefixes)))
	var b strings.Builder
	b.WriteString(pod.Render(l.Pod))
	b.WriteByte(' ')
	b.WriteString(container.Render(l.Container + " │"))
	b.WriteByte(' ')
	return b.String()
}

// tint returns a pod's colour. A new pod gets the hue of its name; if a pod
// has that, the next one that is free; if none is, the one that has not been
// seen for longest, which as a rule is that of a pod replaced long ago.
func (p *Palette) tint(name string) *tint {
	if t := p.pods[name]; t != nil {
		return t
	}
	h := fnv.New32a()
	h.Write([]byte(name))
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
	t := &tint{hue: hue, prefixes: map[string]string{}}
	p.pods[name], p.hues[hue] = t, t
	if len(p.pods) > remembered {
		p.forget()
	}
	return t
}

func (p *Palette) forget() {
	name, oldest := "", uint64(math.MaxUint64)
	for n, t := range p.pods {
		if t.used > 0 && t.used < oldest {
			name, oldest = n, t.used
		}
	}
	t := p.pods[name]
	delete(p.pods, name)
	if p.hues[t.hue] == t {
		p.hues[t.hue] = nil
	}
}
