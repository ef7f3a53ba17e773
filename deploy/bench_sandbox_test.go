//go:build sandbox

package deploy

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkValuesEdit is a changed value of a four-object chart, from the call
// to the end of the write.
func BenchmarkValuesEdit(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	i := 0
	for b.Loop() {
		i++
		rel.Set = map[string]any{"replicas": 0, "who": fmt.Sprint(i)}
		if res := s.apply(b, rel); res.Action != Upgraded {
			b.Fatal(res.Action)
		}
	}
}

func BenchmarkUnchanged(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	for b.Loop() {
		if res := s.apply(b, rel); res.Action != Unchanged {
			b.Fatal(res.Action)
		}
	}
}

// many is a chart of n config maps, of which one prints a value.
func many(n int) map[string]string {
	var t strings.Builder
	for i := range n {
		fmt.Fprintf(&t, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm-%d}\ndata: {index: \"%d\"}\n", i, i)
	}
	return map[string]string{"templates/many.yaml": t.String(), "templates/config.yaml": small()["templates/config.yaml"]}
}

func BenchmarkOneOf500(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, many(499))
	rel.Set = map[string]any{"who": "0"}
	s.apply(b, rel)
	i := 0
	for b.Loop() {
		i++
		rel.Set = map[string]any{"who": fmt.Sprint(i)}
		if res := s.apply(b, rel); res.Action != Upgraded || len(res.Written) != 1 {
			b.Fatalf("%s, %d written", res.Action, len(res.Written))
		}
	}
}

func BenchmarkUnchanged500(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, many(499))
	rel.Set = map[string]any{"who": "0"}
	s.apply(b, rel)
	for b.Loop() {
		if res := s.apply(b, rel); res.Action != Unchanged {
			b.Fatal(res.Action)
		}
	}
}

// BenchmarkFirstUnchanged is a process that starts and finds nothing to do.
func BenchmarkFirstUnchanged(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	for b.Loop() {
		c, err := New(s.getter.config, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if res, err := c.Apply(b.Context(), rel); err != nil || res.Action != Unchanged {
			b.Fatal(res.Action, err)
		}
	}
}
