package experiment

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func (r *runner) header(ctx context.Context) error {
	h := Header{Type: "run", Version: recordVersion, Name: r.spec.Name, Started: r.began.UTC().Truncate(time.Second), Seed: r.Seed,
		Rounds: r.Rounds, Git: gitOf(ctx, r.spec.Project), Spec: string(r.spec.data)}
	var err error
	if h.Machine, err = facts(ctx, r.eyes.client, r.Version); err != nil {
		return err
	}
	for _, s := range r.scenarios() {
		h.Scenarios = append(h.Scenarios, s.Name)
	}
	for _, a := range r.spec.Arms {
		if !slices.Contains(r.arms(), a.Name) {
			continue
		}
		info := ArmInfo{Name: a.Name, Command: strings.Join(append(slices.Clone(a.Stays), a.Run...), " ")}
		if len(a.Version) > 0 {
			out := newPrinted(io.Discard)
			p, err := launch(r.spec.Project, os.Environ(), a.Version, out)
			if err == nil {
				err = p.wait(ctx)
			}
			if err != nil {
				return fmt.Errorf("arm %s: ask for its version: %w", a.Name, err)
			}
			info.Version = out.tail()
		}
		h.Arms = append(h.Arms, info)
	}
	return r.raw.write(h)
}

// scenarios are those that are run, in the order of the file.
func (r *runner) scenarios() []Scenario {
	var out []Scenario
	for _, s := range r.spec.Scenarios {
		if len(r.Scenarios) == 0 || slices.Contains(r.Scenarios, s.Name) {
			out = append(out, s)
		}
	}
	return out
}

// arms are those that are run, in the order of the file.
func (r *runner) arms() []string {
	var out []string
	for _, a := range r.spec.Arms {
		if len(r.Arms) == 0 || slices.Contains(r.Arms, a.Name) {
			out = append(out, a.Name)
		}
	}
	return out
}

// clean keeps this machine's folders out of what is published.
func (r *runner) clean(text string) string {
	text = strings.ReplaceAll(text, r.work, "$WORK")
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		text = strings.ReplaceAll(text, home, "$HOME")
	}
	return text
}
