package deploy

import (
	"slices"
	"sort"
	"testing"

	"helm.sh/helm/v3/pkg/releaseutil"
)

// byHelm is how helm itself cuts a stream.
func byHelm(stream string) []string {
	found := releaseutil.SplitManifests(stream)
	var keys, out []string
	for key := range found {
		keys = append(keys, key)
	}
	sort.Sort(releaseutil.BySplitManifestsOrder(keys))
	for _, key := range keys {
		if found[key] != "" {
			out = append(out, found[key])
		}
	}
	return out
}

func FuzzPartsAreHelms(f *testing.F) {
	for _, s := range []string{
		"", "a: 1", "---\na: 1\n---\nb: 2\n", "---\n---\na: 1", "--- \n\n---\n a: 1\n----\nb: 2", "a: |\n  ---\n  x\n---", "---a\n\n\n---\r\n---\tb\n  ---\n",
		"\n\n---\n# only a comment\n---\n\n--- # c\nx: 1", "a\f\n---\v\n---\u00a0\n---",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		if got, want := parts(stream), byHelm(stream); !slices.Equal(got, want) {
			t.Errorf("%q is cut to %q, by helm to %q", stream, got, want)
		}
	})
}
