//go:build sandbox

package fidelity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// mostDifferences is how many places are shown: the first ones say it all.
const mostDifferences = 12

// difference tells where two JSON values differ, a line for each place: "-" is
// helm's, "+" the other's. It is empty where they are the same.
func difference(theirs, ours any) string {
	a, b := map[string]string{}, map[string]string{}
	flatten("", theirs, a)
	flatten("", ours, b)
	paths := maps.Clone(a)
	maps.Copy(paths, b)
	var out strings.Builder
	lines := 0
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		x, inA := a[path]
		y, inB := b[path]
		if x == y && inA == inB {
			continue
		}
		if lines++; lines > mostDifferences {
			continue
		}
		x, y = around(x, y)
		if inA {
			fmt.Fprintf(&out, "  - %s: %s\n", path, x)
		}
		if inB {
			fmt.Fprintf(&out, "  + %s: %s\n", path, y)
		}
	}
	if lines > mostDifferences {
		fmt.Fprintf(&out, "  and %d more\n", lines-mostDifferences)
	}
	return out.String()
}

// flatten lists the scalars of a tree, and what is empty in it, by path.
func flatten(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, below := range v {
			flatten(path+"/"+key, below, into)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, below := range v {
			flatten(fmt.Sprintf("%s[%d]", path, i), below, into)
		}
		if len(v) > 0 {
			return
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(err.Error())
	}
	into[path] = string(text)
}

// around cuts two long texts down to where they begin to differ.
func around(a, b string) (string, string) {
	const before, after = 60, 240
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	cut := func(s string) string {
		from, to := max(0, min(at-before, len(s))), min(len(s), at+after)
		if from > 0 {
			return "..." + s[from:to]
		}
		return s[:to]
	}
	return cut(a), cut(b)
}

// The comparison itself must not overlook anything.
func TestDifference(t *testing.T) {
	tree := func(text string) (v any) {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ a, b, want string }{
		{`{"a":[1,{"b":"x"}],"c":null}`, `{"c":null,"a":[1,{"b":"x"}]}`, ""},
		{`{"a":"1"}`, `{"a":1}`, "  - /a: \"1\"\n  + /a: 1\n"},
		{`{"a":{}}`, `{}`, "  + : {}\n  - /a: {}\n"},
		{`{"a":null}`, `{"a":{}}`, "  - /a: null\n  + /a: {}\n"},
		{`[1,2]`, `[2,1]`, "  - [0]: 1\n  + [0]: 2\n  - [1]: 2\n  + [1]: 1\n"},
		{`[1]`, `[1,[]]`, "  + [1]: []\n"},
	} {
		if got := difference(tree(c.a), tree(c.b)); got != c.want {
			t.Errorf("difference(%s, %s):\n%s", c.a, c.b, got)
		}
	}
}
