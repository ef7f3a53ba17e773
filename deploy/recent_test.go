package deploy

import "testing"

// A day of saves of a large file must not stay in memory.
func TestRecentIsBoundedBySize(t *testing.T) {
	m := recent[int, string]{most: 100_000}
	m.put(-1, "in use", 6)
	for i := range 10_000 {
		m.put(i, "", 20_000)
		m.put(i, "", 20_000) // takes the other's place
		if v, ok := m.get(-1); !ok || v != "in use" {
			t.Fatalf("put %d: what is in use is %q, %t", i, v, ok)
		}
		if n := len(m.young) + len(m.old); n > 11 {
			t.Fatalf("put %d: %d values are kept", i, n)
		}
	}
	if _, ok := m.get(9_999); !ok {
		t.Error("the last one is forgotten")
	}
	if _, ok := m.get(9_000); ok {
		t.Error("an old one is kept")
	}
	m.put(7, "larger than all", 1_000_000)
	if _, ok := m.get(7); !ok {
		t.Error("one that is larger than a generation is not kept at all")
	}
}
