package overlay

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMapsKeepsNull(t *testing.T) {
	got := Maps(
		map[string]any{"a": map[string]any{"x": 1, "y": 2}, "b": []any{1}},
		map[string]any{"a": map[string]any{"x": nil}, "b": []any{2}})
	want := map[string]any{"a": map[string]any{"x": nil, "y": 2}, "b": []any{2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
