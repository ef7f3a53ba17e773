package diff

import (
	"encoding/json"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// around is how many unchanged lines or items are shown beside a changed one.
const around = 2

// aligned is a line of two texts, or an item of two lists, and where it is.
type aligned struct {
	op   Op
	text string
	gap  bool // stands for unchanged ones that are left out
}

// align finds the shortest way from one series of lines to another, and leaves
// out what is far from any change.
func align(before, after []string) []aligned {
	all := everyLine(before, after)
	near := make([]bool, len(all))
	for i, l := range all {
		if l.op == Same {
			continue
		}
		for j := max(0, i-around); j <= min(len(all)-1, i+around); j++ {
			near[j] = true
		}
	}
	var out []aligned
	for i, l := range all {
		switch {
		case near[i]:
			out = append(out, l)
		case i == 0 || near[i-1]:
			out = append(out, aligned{op: Same, text: "…", gap: true})
		}
	}
	return out
}

func everyLine(before, after []string) []aligned {
	from, to := joined(before), joined(after)
	unified, err := udiff.ToUnifiedDiff("", "", from, udiff.Lines(from, to), len(before)+len(after))
	var out []aligned
	if err != nil {
		// Its edits are its own, so this cannot be; everything replaced is true in any case.
		for _, l := range before {
			out = append(out, aligned{op: Gone, text: l})
		}
		for _, l := range after {
			out = append(out, aligned{op: New, text: l})
		}
		return out
	}
	ops := map[udiff.OpKind]Op{udiff.Delete: Gone, udiff.Insert: New, udiff.Equal: Same}
	for _, h := range unified.Hunks {
		for _, l := range h.Lines {
			out = append(out, aligned{op: ops[l.Kind], text: strings.TrimSuffix(l.Content, "\n")})
		}
	}
	return out
}

func joined(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// encoded is the items of a list as one line each.
func encoded(list []any) []string {
	var out []string
	for _, item := range list {
		data, err := json.Marshal(item)
		if err != nil {
			data = []byte("?")
		}
		out = append(out, string(data))
	}
	return out
}
