//go:build sandbox

package fidelity

import (
	"cmp"
	"context"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/devloop-dev/devloop/deploy"
)

// stepTimeout is the longest one step may take on one side.
const stepTimeout = 3 * time.Minute

// series is one chart on its way through its edits, on all sides at once.
type series struct {
	w       *world
	arena   *arena
	c       *chartCase
	sides   []*side // plain helm first
	project *project
	kinds   kinds
	random  *rand.Rand
	after   []seen // the last step, by side
	failed  []string
	rounds  int            // generated steps so far
	base    map[string]any // the values on which generated steps build
}

// newSeries sets a chart up. The third side begins with plain helm or with
// devloop, as the chart's name has it.
func newSeries(t *testing.T, w *world, c *chartCase) *series {
	t.Helper()
	a := w.arena(t, c)
	seed := fnv.New64a()
	seed.Write([]byte(c.name))
	s := &series{w: w, arena: a, c: c, kinds: newKinds(), random: rand.New(rand.NewPCG(seed.Sum64(), 0))}
	cluster, err := deploy.New(w.config, deploy.Options{MaxHistory: cmp.Or(c.History, -1), HookTimeout: hookTimeout})
	if err != nil {
		t.Fatal(err)
	}
	helm := plain{kubeconfig: w.kubeconfig, maxHistory: c.History}
	both := &alternate{engines: []engine{helm, devloop{cluster}}, turn: s.random.IntN(2)}
	for i, e := range []engine{helm, devloop{cluster}, both} {
		one := &side{
			name: []string{"helm", "devloop", "both in turns"}[i], engine: e, helm: helm,
			namespaces: []string{a.namespaces[i]}, dir: t.TempDir(), ids: identities{},
		}
		for _, suffix := range c.Namespaces {
			one.namespaces = append(one.namespaces, a.namespaces[i]+suffix)
		}
		s.sides = append(s.sides, one)
	}
	if s.project, err = newProject(c); err != nil {
		t.Fatal(err)
	}
	if s.hasHooks() {
		for _, one := range s.sides {
			if one.journal, err = w.startJournal(t, one.namespaces[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func (s *series) hasHooks() bool {
	for _, text := range s.project.files {
		if strings.Contains(text, "helm.sh/hook") {
			return true
		}
	}
	return false
}

// step does one step on all sides and compares what it left. It ends the test
// at the first difference: all that follows would differ, too.
func (s *series) step(t *testing.T, st step) {
	t.Helper()
	if err := s.project.edit(st); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	did := make([]outcome, len(s.sides))
	s.each(t, func(i int, one *side) (err error) {
		did[i], err = one.do(ctx, s.w, s.project, st)
		return err
	})
	s.outcomes(t, st, did)
	s.learn(t)
	after := make([]seen, len(s.sides))
	s.each(t, func(i int, one *side) (err error) {
		after[i], err = one.look(ctx, s.w, s.kinds)
		return err
	})
	s.compare(t, st, did, after)
	s.after = after
	if t.Failed() {
		t.FailNow()
	}
}

// each works on all sides at once.
func (s *series) each(t *testing.T, do func(int, *side) error) {
	t.Helper()
	errs := make([]error, len(s.sides))
	var all sync.WaitGroup
	for i, one := range s.sides {
		all.Go(func() { errs[i] = do(i, one) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// learn takes up the kinds of all manifests so far.
func (s *series) learn(t *testing.T) {
	t.Helper()
	for _, one := range s.sides {
		records, err := one.helm.records(releaseName, one.namespaces[0])
		if err != nil {
			t.Fatal(err)
		}
		objects, err := manifests(records)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.kinds.add(s.w, objects); err != nil {
			t.Fatal(err)
		}
	}
}

// outcomes checks that a step failed on all sides or on none.
func (s *series) outcomes(t *testing.T, st step, did []outcome) {
	t.Helper()
	for i, one := range s.sides {
		err := did[i].err
		switch {
		case (err == nil) != (did[0].err == nil):
			t.Errorf("%s: helm ends with %v\n%s with %v", st.Name, did[0].err, one.name, err)
		case err == nil && st.Fails != "":
			t.Errorf("%s: %s did not fail", st.Name, one.name)
		case err != nil && !st.generated && (st.Fails == "" || !regexp.MustCompile(st.Fails).MatchString(err.Error())):
			t.Errorf("%s: %s fails, not with %q: %v", st.Name, one.name, st.Fails, err)
		}
		if st.Unchanged && i == 1 && !did[i].unchanged {
			t.Errorf("%s: devloop found something to do", st.Name)
		}
	}
	if did[0].err != nil && did[1].err != nil {
		s.failed = append(s.failed, st.Name)
		t.Logf("%s fails with both:\nhelm: %v\ndevloop: %v", st.Name, did[0].err, did[1].err)
	}
}

// compare looks for differences between plain helm and the other sides.
func (s *series) compare(t *testing.T, st step, did []outcome, after []seen) {
	t.Helper()
	theirs := after[0]
	for i, one := range s.sides[1:] {
		ours, rests := after[i+1], did[i+1].unchanged
		want, have := theirs.objects, ours.objects
		if rests {
			// Helm runs the hooks of an upgrade even where nothing has changed.
			want, have = withoutHooks(want), withoutHooks(have)
		}
		diff := difference(want, have)
		switch {
		case st.Differs != "" && diff == "" && i == 0:
			t.Errorf("%s: there is no difference, but there should be one: %s", st.Name, st.Differs)
		case st.Differs == "" && diff != "":
			t.Errorf("%s: objects (-helm +%s):\n%s", st.Name, one.name, diff)
		}
		if st.Apart {
			continue
		}
		doubled := theirs.history.doubled()
		for n := range ours.history.doubled() {
			doubled[n] = true
		}
		wantPast, err := theirs.history.normal(s.sides[0].namespaces[0], doubled)
		if err != nil {
			t.Fatal(err)
		}
		havePast, err := ours.history.normal(one.namespaces[0], doubled)
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(wantPast, havePast); diff != "" {
			t.Errorf("%s: history (-helm +%s):\n%s", st.Name, one.name, diff)
		}
		causes := ours.history.failures(one.namespaces[0])
		for n, text := range theirs.history.failures(s.sides[0].namespaces[0]) {
			if err := sameFailure(text, causes[n]); err != nil {
				t.Errorf("%s: %s describes the failed revision %d as %q: %v", st.Name, one.name, n, causes[n], err)
			}
		}
		if rests && len(ours.hooks) > 0 {
			t.Errorf("%s: nothing to do for %s, but hooks ran: %v", st.Name, one.name, ours.hooks)
		}
		if diff := gocmp.Diff(theirs.hooks, ours.hooks); !rests && diff != "" {
			t.Errorf("%s: hooks (-helm +%s):\n%s", st.Name, one.name, diff)
		}
	}
}

// withoutHooks leaves out the objects that hooks have made.
func withoutHooks(objects map[string]any) map[string]any {
	out := map[string]any{}
	for key, o := range objects {
		if annotations(o)["helm.sh/hook"] == nil {
			out[key] = o
		}
	}
	return out
}

func annotations(object any) map[string]any {
	o, _ := object.(map[string]any)
	metadata, _ := o["metadata"].(map[string]any)
	out, _ := metadata["annotations"].(map[string]any)
	return out
}

// run goes through the whole series: install, the written steps, generated
// ones, and the end.
func (s *series) run(t *testing.T) {
	s.step(t, step{Name: "install", Fails: s.c.Fails, generated: s.c.dir != ""})
	for _, st := range s.c.Steps {
		if s.step(t, st); st.Apart {
			s.arena.tainted = true
			return
		}
	}
	if s.c.Generate == nil || *s.c.Generate {
		s.generated(t)
	}
	s.end(t)
}

// end lets plain helm work on what there is: it rolls back, the files win
// again, and the release is uninstalled. What stays must be the same.
func (s *series) end(t *testing.T) {
	if runs := s.after[0].history.runs; len(runs) > 0 && runs[len(runs)-1].last().Info.Status != "uninstalled" {
		if len(runs) > 1 {
			s.step(t, step{Name: "helm rollback", Rollback: runs[len(runs)-2].number, generated: true})
			s.step(t, step{Name: "the files again", generated: true})
		}
		how := []string{"plain", "engine", "keep"}[s.random.IntN(3)]
		s.step(t, step{Name: "uninstall: " + how, Uninstall: how, generated: true})
	}
	s.leftovers(t)
}

// leftovers compares all kinds, also those no manifest had.
func (s *series) leftovers(t *testing.T) {
	all := kinds{}
	for _, gvr := range s.w.builtin {
		all[where{gvr, true}] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	keys := make([][]string, len(s.sides))
	s.each(t, func(i int, one *side) error {
		objects, err := s.w.snapshot(ctx, one, all)
		for key := range objects {
			keys[i] = append(keys[i], strings.ReplaceAll(key, one.namespaces[0], "NS"))
		}
		return err
	})
	for i, one := range s.sides {
		if diff := gocmp.Diff(sorted(keys[0]), sorted(keys[i])); diff != "" {
			t.Errorf("left at the end (-helm +%s):\n%s", one.name, diff)
		}
	}
	s.clear(ctx, t, len(keys[0]))
}
