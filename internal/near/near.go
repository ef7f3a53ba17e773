package near

import (
	"slices"
	"strings"
)

// Name is the one of the names with the fewest edits to the wanted one, letters'
// case aside, or "" when none is near enough to be meant: at most a third of its
// letters, but two in any case, may differ. Of equally near ones it is the first
// in alphabetical order.
func Name(wanted string, names []string) string {
	best, most := "", max(2, len(wanted)/3)+1
	for _, n := range slices.Sorted(slices.Values(names)) {
		if d := distance(wanted, n); d < most {
			best, most = n, d
		}
	}
	return best
}

// distance is Levenshtein's: letters added, removed or replaced.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diag, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diag+cost)
		}
	}
	return row[len(b)]
}
