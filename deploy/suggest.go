package deploy

import (
	"fmt"
	"slices"
	"strings"
)

// valuePaths lists the values that could hold an image: strings, and maps with
// a repository.
func valuePaths(prefix string, v any) []string {
	var out []string
	switch x := v.(type) {
	case string:
		out = append(out, prefix)
	case map[string]any:
		if _, ok := x["repository"]; ok && prefix != "" {
			out = append(out, prefix)
		}
		for key, child := range x {
			name := strings.ReplaceAll(key, ".", `\.`)
			if prefix != "" {
				name = prefix + "." + name
			}
			out = append(out, valuePaths(name, child)...)
		}
	case []any:
		for i, child := range x {
			out = append(out, valuePaths(fmt.Sprintf("%s[%d]", prefix, i), child)...)
		}
	}
	return out
}

// closest is the name most like want, or "" when none is near: more than a
// third of it, but at least two letters, would have to change.
func closest(want string, names []string) string {
	slices.Sort(names)
	best, distance := "", max(2, len(want)/3)+1
	for _, name := range names {
		if d := editDistance(want, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance is Levenshtein's: letters added, removed or replaced.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
