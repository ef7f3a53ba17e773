package diff

import (
	"fmt"
	"strings"
)

// Op says in which of the two objects a line is.
type Op byte

// The marks are those of a unified diff.
const (
	Same Op = ' ' // in both: it leads to what changed
	Gone Op = '-' // only before
	New  Op = '+' // only after
)

// Line is one line of the YAML excerpt that shows a difference.
type Line struct {
	Op Op
	// Text is indented as in the whole YAML. A value too long for a line is cut
	// to where it differs.
	Text string
	// Path is the changed field that the line belongs to, in the form of
	// Path.String; empty for a line that is in both.
	Path string
}

// String is the line with its mark.
func (l Line) String() string { return strings.TrimRight(string(l.Op)+" "+l.Text, " ") }

// Lines draws what differs between two objects. Without one of them it draws
// the other as a whole.
func Lines(before, after map[string]any) []Line {
	root := &node{before: anyOf(before), after: anyOf(after)}
	if before != nil && after != nil {
		if root = compare(nil, before, after); root == nil {
			return nil
		}
	}
	d := &drawing{}
	d.inside(root, 0)
	return d.lines
}

// anyOf keeps a nil map from being an any that is not nil.
func anyOf(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

type drawing struct{ lines []Line }

func (d *drawing) put(op Op, indent int, path, text string) {
	d.lines = append(d.lines, Line{op, strings.Repeat(" ", indent) + clip(text), path})
}

// inside draws what differs within a map or list, or a value as a whole.
func (d *drawing) inside(n *node, indent int) {
	if len(n.children) == 0 {
		d.whole(n, indent, "", "")
		return
	}
	for _, c := range n.children {
		step := c.path[len(c.path)-1]
		if step.List {
			d.item(c, step, indent)
			continue
		}
		d.field(c, step.Key, indent)
	}
}

func (d *drawing) field(n *node, name string, indent int) {
	label := scalar(name) + ":"
	before, after := lists(n)
	switch {
	case len(n.children) > 0:
		d.put(Same, indent, "", label)
		d.inside(n, indent+under(n.after))
	case before != nil && after != nil:
		d.put(Same, indent, "", label)
		d.items(n, before, after, indent)
	case texts(n):
		d.put(Same, indent, "", label+" |")
		for _, l := range align(splitText(n.before), splitText(n.after)) {
			d.put(l.op, indent+2, pathOf(n, l.op), l.text)
		}
	default:
		d.whole(n, indent, label, "")
	}
}

// item draws what differs within one item of a list, below the field that names
// it.
func (d *drawing) item(n *node, step Step, indent int) {
	if len(n.children) == 0 {
		d.whole(n, indent, "", "- ")
		return
	}
	if step.Key != "" {
		d.put(Same, indent, "", "- "+step.Key+": "+step.Name)
	} else {
		d.put(Same, indent, "", fmt.Sprintf("- # item %d", step.Index+1))
	}
	d.inside(n, indent+2)
}

// items draws two lists whose items cannot be told apart by a field.
func (d *drawing) items(n *node, before, after []any, indent int) {
	from, to := encoded(before), encoded(after)
	i, j := 0, 0 // the items align walks over
	for _, l := range everyLine(from, to) {
		switch l.op {
		case Same:
			i, j = i+1, j+1
		case Gone:
			d.block(Gone, indent, n.path.String(), "- ", before[i])
			i++
		case New:
			d.block(New, indent, n.path.String(), "- ", after[j])
			j++
		}
	}
}

// whole draws a value that was replaced, came or went.
func (d *drawing) whole(n *node, indent int, label, dash string) {
	path := n.path.String()
	if label == "" {
		if n.before != nil {
			d.block(Gone, indent, path, dash, n.before)
		}
		if n.after != nil {
			d.block(New, indent, path, dash, n.after)
		}
		return
	}
	b, single1 := oneLine(n.before)
	a, single2 := oneLine(n.after)
	if single1 && single2 && n.before != nil && n.after != nil {
		b, a = aroundDifference(b, a)
		d.put(Gone, indent, path, label+" "+b)
		d.put(New, indent, path, label+" "+a)
		return
	}
	for _, v := range []struct {
		op    Op
		value any
	}{{Gone, n.before}, {New, n.after}} {
		if v.value == nil {
			continue
		}
		for _, line := range entry(label, v.value) {
			d.put(v.op, indent, path, line)
		}
	}
}

func (d *drawing) block(op Op, indent int, path, dash string, v any) {
	for i, line := range block(v) {
		if i > 0 {
			dash = strings.Repeat(" ", len(dash))
		}
		d.put(op, indent, path, dash+line)
	}
}

// under is how much deeper than its key a value stands: lists stand level.
func under(v any) int {
	if _, ok := v.([]any); ok {
		return 0
	}
	return 2
}

func lists(n *node) (before, after []any) {
	before, _ = n.before.([]any)
	after, _ = n.after.([]any)
	return before, after
}

// texts: both values are texts of lines.
func texts(n *node) bool {
	b, ok1 := n.before.(string)
	a, ok2 := n.after.(string)
	return ok1 && ok2 && strings.Contains(b, "\n") && strings.Contains(a, "\n")
}

// splitText leaves a last line that is empty out, unless it is all there is to
// tell.
func splitText(v any) []string {
	s, _ := v.(string)
	if !strings.HasSuffix(s, "\n") {
		s += "\n\\ no end of line"
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func pathOf(n *node, op Op) string {
	if op == Same {
		return ""
	}
	return n.path.String()
}
