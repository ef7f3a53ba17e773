package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// The names of what a run leaves in its folder.
const (
	RawFile = "raw.jsonl"
	logsDir = "logs"
)

// Options are for Do.
type Options struct {
	Config     *rest.Config // of the cluster
	Kubeconfig string       // file that the arms' commands are given
	Out        string       // folder for the raw data; made if need be
	Rounds     int          // trials of each scenario in each arm, beside the first
	Seed       uint64
	Scenarios  []string // default all
	Arms       []string // default all
	Version    string   // of this devloop
	Say        func(format string, args ...any)
	// Forget is called with the folder of each copy of the project at the end, to
	// remove what devloop keeps of it elsewhere.
	Forget func(dir string) error
}

const (
	// readying is how long an arm may take to come to the base state.
	readying = 10 * time.Minute
	// cleaning is how long it may take to remove what the run made in the cluster.
	cleaning = 3 * time.Minute
)

// runner is a run under way.
type runner struct {
	Options
	spec   *Spec
	id     string
	began  time.Time
	work   string
	eyes   *optician
	raw    journal
	stands map[string]*stand
	// namespaces that were made.
	namespaces []string
}

// Do runs an experiment and returns the path of its raw data. It ends what it
// started and removes its namespaces, also when ctx ends. Trials that were made by
// then are in the raw data.
func Do(ctx context.Context, spec *Spec, o Options) (raw string, err error) {
	r := &runner{Options: o, spec: spec, began: time.Now(), stands: map[string]*stand{},
		id: strconv.FormatInt(time.Now().UnixMilli()%(36*36*36*36*36), 36)}
	if r.eyes, err = newOptician(o.Config); err != nil {
		return "", err
	}
	if r.work, err = os.MkdirTemp("", "devloop-experiment-"); err != nil {
		return "", fmt.Errorf("make a folder to work in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.work)) }()
	if err := os.MkdirAll(filepath.Join(o.Out, logsDir), 0o755); err != nil {
		return "", fmt.Errorf("make a folder for the results: %w", err)
	}
	raw = filepath.Join(o.Out, RawFile)
	f, err := os.OpenFile(raw, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", fmt.Errorf("make the file for the raw data: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r.raw = journal{f}
	defer func() { err = errors.Join(err, r.cleanup(context.WithoutCancel(ctx))) }()

	slots := order(o.Seed, o.Rounds, r.scenarios(), r.arms())
	if len(slots) == 0 {
		return raw, errors.New("nothing to run: none of the scenarios has one of the arms")
	}
	if err := r.check(); err != nil {
		return raw, err
	}
	if err := r.header(ctx); err != nil {
		return raw, err
	}
	failed := r.all(ctx, slots)
	end := End{Type: "end", Ended: time.Now().UTC().Truncate(time.Second)}
	if failed != nil {
		end.Error = r.clean(failed.Error())
	}
	return raw, errors.Join(failed, r.raw.write(end))
}

// check fails on what the cluster cannot show, before anything is begun.
func (r *runner) check() error {
	for _, s := range r.scenarios() {
		for _, step := range s.Steps {
			if _, err := r.eyes.eye(step.Verified, values{}, nil); err != nil {
				return fmt.Errorf("scenario %s: %w", s.Name, err)
			}
		}
	}
	return nil
}

// all prepares the arms and makes the trials.
func (r *runner) all(ctx context.Context, slots []slot) error {
	for _, name := range r.arms() {
		if err := r.prepare(ctx, name); err != nil {
			return err
		}
	}
	number := 0
	for i, s := range slots {
		select {
		case <-time.After(s.pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		trials, err := r.trial(ctx, s, number)
		number += len(trials)
		for _, t := range trials {
			t.Error = r.clean(t.Error)
			if err := r.raw.write(t); err != nil {
				return err
			}
			r.Say("%*d/%d round %d, %s, %s: %s", len(strconv.Itoa(len(slots))), i+1, len(slots), s.round, key(t.Scenario, t.Step), t.Arm, t.short())
		}
		if err != nil {
			return fmt.Errorf("scenario %s, arm %s, round %d: %w", s.scenario.Name, s.arm, s.round, err)
		}
	}
	return nil
}

// short is a trial's result in words.
func (t Trial) short() string {
	if t.Outcome == Seen {
		return Seconds(t.Seconds)
	}
	return fmt.Sprintf("%s after %s: %s", t.Outcome, Seconds(t.Seconds), strings.ReplaceAll(t.Error, "\n", " | "))
}

// trial makes all steps of a scenario in an arm, and puts everything back.
func (r *runner) trial(ctx context.Context, due slot, number int) (made []Trial, err error) {
	s := r.stands[due.arm]
	// A text that no other trial has, good in Go, YAML and names of files.
	v := s.values.with("unique", fmt.Sprintf("u%st%d", r.id, number))
	for _, step := range due.scenario.Steps {
		t := Trial{Type: "trial", Number: number + len(made), Round: due.round, Scenario: due.scenario.Name, Step: step.Name, Arm: due.arm}
		t, err = r.step(ctx, s, t, step, v, due.scenario.Timeout)
		if err != nil {
			return made, err
		}
		made = append(made, t)
		if t.Outcome != Seen {
			break // the next step begins where this one should have come to
		}
	}
	// The steps that could not begin are not known to be any quicker.
	for _, step := range due.scenario.Steps[len(made):] {
		made = append(made, Trial{Type: "trial", Number: number + len(made), Round: due.round, Scenario: due.scenario.Name, Step: step.Name, Arm: due.arm,
			At: time.Since(r.began).Seconds(), Outcome: Failed, Limit: due.scenario.Timeout.Seconds(), Error: "the step before it was not verified"})
	}
	ctx, cancel := context.WithTimeout(ctx, readying)
	defer cancel()
	if err := s.reset(ctx); err != nil {
		return made, fmt.Errorf("undo the edit: %w", err)
	}
	if err := s.command(ctx, s.After); err != nil {
		return made, err
	}
	return made, r.base(ctx, s)
}

// prepare brings an arm to the base state.
func (r *runner) prepare(ctx context.Context, name string) error {
	i := slices.IndexFunc(r.spec.Arms, func(a Arm) bool { return a.Name == name })
	ns := fmt.Sprintf("experiment-%s-%d", r.id, i+1)
	_, err := r.eyes.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("make namespace %s: %w", ns, err)
	}
	r.namespaces = append(r.namespaces, ns)
	env := append(os.Environ(), "KUBECONFIG="+r.Kubeconfig)
	s, err := newStand(r.spec.Arms[i], r.spec.Project, r.work, filepath.Join(r.Out, logsDir), ns, env)
	if err != nil {
		return err
	}
	r.stands[name] = s
	r.Say("preparing arm %s in namespace %s", name, ns)
	ctx, cancel := context.WithTimeout(ctx, readying)
	defer cancel()
	start := time.Now()
	if err := s.begin(ctx); err != nil {
		return fmt.Errorf("prepare arm %s: %w", name, err)
	}
	if err := r.base(ctx, s); err != nil {
		return fmt.Errorf("prepare arm %s: %w", name, err)
	}
	return r.raw.write(Prepared{"prepared", name, time.Since(start).Seconds()})
}

// base waits until all of the base state is there.
func (r *runner) base(ctx context.Context, s *stand) error {
	for i, want := range r.spec.Base {
		eye, err := r.eyes.eye(want, s.values, nil)
		if err != nil {
			return err
		}
		wait, err := eye.Open(ctx)
		if err == nil {
			_, err = wait()
		}
		if err != nil {
			return fmt.Errorf("wait for the base state, number %d: %w", i+1, err)
		}
	}
	return nil
}

// cleanup ends the arms and removes their namespaces.
func (r *runner) cleanup(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cleaning)
	defer cancel()
	var errs []error
	for _, s := range r.stands {
		s.end()
		if r.Forget != nil {
			errs = append(errs, r.Forget(s.space.dir))
		}
	}
	for _, ns := range r.namespaces {
		if err := r.eyes.client.CoreV1().Namespaces().Delete(ctx, ns, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("remove namespace %s: %w", ns, err))
		}
	}
	return errors.Join(errs...)
}
