//go:build sandbox

package fidelity

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// failures are the descriptions of the revisions that have failed, by number,
// without what cannot be the same in two namespaces.
func (h history) failures(namespace string) map[int]string {
	out := map[int]string{}
	for _, r := range h.runs {
		if text := h.description(r); phase.MatchString(text) {
			out[r.number] = uid.ReplaceAllString(strings.ReplaceAll(text, namespace, "NS"), "UID")
		}
	}
	return out
}

var (
	// phase is how helm begins to say when it failed.
	phase = regexp.MustCompile(`^\w+ "[^"]*" failed: (failed [a-z-]+: |[a-z-]+ hooks failed: )?(warning: Hook \S+ \S+ failed: )?`)
	// framing is what helm's client puts around the API server's words.
	framing = regexp.MustCompile(`\d+ errors? occurred:|\n|failed to create resource: |job \S+ failed: |pod \S+ failed\s*`)
)

// sameFailure says whether a failed revision is described as helm does it: the
// same phase, and every cause that helm names, in the API server's words. What
// stands around them is devloop's own, as docs/fidelity.md says.
func sameFailure(theirs, ours string) error {
	when := phase.FindString(theirs)
	if !strings.HasPrefix(ours, when) {
		return fmt.Errorf("it does not begin with %q", when)
	}
	causes := theirs[len(when):]
	for _, cause := range regexp.MustCompile(`\t\* | && `).Split(causes, -1) {
		cause = words(framing.ReplaceAllString(cause, " "))
		if !strings.Contains(words(ours), cause) {
			return fmt.Errorf("it does not name %q", cause)
		}
	}
	return nil
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestSameFailure(t *testing.T) {
	const helms = "Release \"rel\" failed: failed post-install: 2 errors occurred:\n\t* job a failed: BackoffLimitExceeded\n\t* Service \"b\" is invalid\n\n"
	for ours, same := range map[string]bool{
		helms: true,
		"Release \"rel\" failed: failed post-install: Service \"b\" is invalid and BackoffLimitExceeded": true,
		"Release \"rel\" failed: failed post-install: BackoffLimitExceeded":                              false,
		"Release \"rel\" failed: failed pre-install: Service \"b\" is invalid and BackoffLimitExceeded":  false,
	} {
		if err := sameFailure(helms, ours); (err == nil) != same {
			t.Errorf("%s: %v", ours, err)
		}
	}
}
