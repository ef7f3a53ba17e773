package config

import (
	"fmt"
	"reflect"
	"strings"
)

// suggest is the closest of the names as a question, or the fallback.
func suggest(name string, names []string, fallback string) string {
	if near := closest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fallback
}

// closest is the name with the fewest edits to the wanted one, or "" when none
// is near enough to be meant.
func closest(name string, names []string) string {
	best, most := "", max(2, len(name)/3)+1
	for _, n := range names {
		if d := distance(name, n); d < most {
			best, most = n, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two strings, letters' case aside.
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

// knownKeys are all keys a devloop.yaml can have.
func knownKeys() []string {
	var keys []string
	for _, t := range []reflect.Type{
		reflect.TypeFor[Project](), reflect.TypeFor[Image](), reflect.TypeFor[Release](), reflect.TypeFor[Forward](),
	} {
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("yaml"); tag != "-" {
				keys = append(keys, tag)
			}
		}
	}
	return keys
}
