package report

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// The lines between which WriteDocs puts its tables.
const (
	Begin = "<!-- bench:begin, written by make bench -->"
	End   = "<!-- bench:end -->"
)

// WriteDocs replaces what is between the markers of a Markdown file. Everything
// else in the file stays.
func (r Report) WriteDocs(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("write the results into the documentation: %w", err)
	}
	before, rest, found := bytes.Cut(old, []byte(Begin))
	_, after, ended := bytes.Cut(rest, []byte(End))
	if !found || !ended {
		return fmt.Errorf("write the results into %s: it needs the lines %q and %q", path, Begin, End)
	}
	var b bytes.Buffer
	b.Write(before)
	fmt.Fprintf(&b, "%s\n%s%s", Begin, r.markdown(), End)
	b.Write(after)
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the results into the documentation: %w", err)
	}
	return nil
}

func (r Report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Seed %d; load average before the first scenario %.1f.\n\n", r.Machine, r.Seed, r.firstLoad())
	b.WriteString("| work | arm | n | median | p95 | to devloop | target |\n|---|---|---|---|---|---|---|\n")
	for _, l := range r.lines() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", l.work, l.arm, l.n, l.median, l.p95, l.ratio, l.target)
	}
	b.WriteString("\nWhere the time goes in devloop, medians of one part after the other, and by its own events:\n\n| scenario | parts | own stages |\n|---|---|---|\n")
	for _, p := range r.Parts {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Scenario, inWords(p.Parts), inWords(p.Stages))
	}
	return b.String()
}
