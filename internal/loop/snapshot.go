package loop

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/devloop-dev/devloop/internal/forward"
	"github.com/devloop-dev/devloop/internal/plan"
)

// Snapshot is what there is at one moment: of each image and release what is in
// place, since when and how that came. Unlike Status it asks for no look at the
// files and waits for nothing.
type Snapshot struct {
	Project   string         `json:"project,omitempty"`
	File      string         `json:"file"`
	Context   string         `json:"context,omitempty"`  // kubeconfig context; empty until the cluster was reached
	Profiles  []string       `json:"profiles,omitempty"` // in force
	Running   bool           `json:"running"`            // a devloop up runs for the project
	State     State          `json:"state"`
	Iteration int            `json:"iteration,omitempty"` // the last one
	Images    []ImageState   `json:"images,omitempty"`
	Releases  []ReleaseState `json:"releases,omitempty"`
	Forwards  []ForwardState `json:"forwards,omitempty"`
	// Failures are those of no image or release: devloop.yaml, docker, the cluster.
	Failures []string `json:"failures,omitempty"`
}

// State says how something stands, in one word.
type State string

// The states. Due: the files ask for something that is not begun, as it waits for
// something else or the loop is paused. Absent: the cluster has no such release.
// Unready: it is there, and not all of it is ready. Unknown: the cluster cannot be
// asked.
const (
	Live    State = "live"
	Working State = "working"
	Due     State = "due"
	Failing State = "failed"
	Paused  State = "paused"
	Absent  State = "absent"
	Unready State = "unready"
	Unknown State = "unknown"
)

// TargetState is how an image or a release stands for the loop.
type TargetState struct {
	Name  string    `json:"name"`
	State State     `json:"state"`
	Since time.Time `json:"since,omitzero"` // when it was last changed, or found in place
	Last  string    `json:"last,omitempty"` // what was done then
	Due   string    `json:"due,omitempty"`  // what the files ask for beyond that, and why
	Error string    `json:"error,omitempty"`
	Hint  string    `json:"hint,omitempty"` // what to do about it
}

// ImageState is how one image stands.
type ImageState struct {
	TargetState
	Reference string `json:"reference,omitempty"` // in place; empty before the first
	Synced    int    `json:"synced,omitempty"`    // files in its containers that differ from it
}

// ReleaseState is how one release stands, by the loop that runs and by the cluster.
type ReleaseState struct {
	TargetState
	Namespace string    `json:"namespace,omitempty"`
	Revision  int       `json:"revision,omitempty"` // helm's; 0: the cluster has no such release
	Helm      string    `json:"helm,omitempty"`     // helm's word for its state
	Chart     string    `json:"chart,omitempty"`    // name-version
	Updated   time.Time `json:"updated,omitzero"`   // when the revision was made
	Ready     int       `json:"ready"`              // of Total objects
	Total     int       `json:"total"`
	PodsReady int       `json:"pods_ready,omitempty"` // of Pods
	Pods      int       `json:"pods,omitempty"`       // that its workloads want; those of jobs are not counted
	Waiting   string    `json:"waiting,omitempty"`    // for what, in the cluster's words
}

// ForwardState is where a port of the project is reached.
type ForwardState struct {
	Target    string `json:"target"`
	Namespace string `json:"namespace"`
	Address   string `json:"address,omitempty"` // on this machine, host:port
	Problem   string `json:"problem,omitempty"`
}

// Snapshot tells how everything stands now. It can be called from any goroutine
// while Run runs.
func (l *Loop) Snapshot(ctx context.Context) (Snapshot, error) {
	type both struct {
		Snapshot
		links *Backends
	}
	got, err := ask(ctx, l, func(_ context.Context, o *owner, answer chan<- both) {
		answer <- both{o.snapshot(), o.links}
	})
	if err != nil {
		return Snapshot{}, err
	}
	s := got.Snapshot
	if got.links == nil {
		return s, nil
	}
	if got.links.Inspect != nil {
		Inspect(ctx, got.links.Inspect, &s)
	}
	if got.links.Forward != nil {
		s.Forwards = forwardStates(got.links.Forward.States())
	}
	return s, nil
}

// snapshot is what the loop itself knows.
func (o *owner) snapshot() Snapshot {
	s := Snapshot{File: o.opts.File, Running: true, Iteration: o.number, Failures: slices.Clone(o.blocked)}
	if o.config != nil {
		s.Failures = append(s.Failures, describe(o.config))
	}
	if o.links != nil {
		s.Context = o.links.Info.Context
	}
	l := o.files
	if l.project == nil {
		s.State = Working
		if len(s.Failures) > 0 {
			s.State = Failing
		}
		return s
	}
	s.Project, s.Profiles = l.project.Name, l.project.Active
	due := map[target]string{}
	for _, a := range plan.Make(o.known.state, withReferences(l, o.known.references())) {
		if a.Do != plan.Reload {
			due[targetOf(a)] = a.Why()
		}
	}
	synced := o.known.synced()
	for _, name := range l.project.ImageNames() {
		s.Images = append(s.Images, ImageState{o.targetState(target{image, name}, due), o.known.refs[name], synced[name]})
	}
	for _, name := range l.project.ReleaseNames() {
		r := ReleaseState{TargetState: o.targetState(target{release, name}, due), Namespace: l.project.Releases[name].Namespace}
		if o.links != nil {
			r.Namespace = l.project.Releases[name].In(o.links.Namespace)
		}
		s.Releases = append(s.Releases, r)
	}
	s.State = o.whole(s)
	return s
}

// targetState is how one target stands. due are the reasons of what is to be done.
func (o *owner) targetState(t target, due map[target]string) TargetState {
	did := o.known.deeds[t]
	s := TargetState{Name: t.name, State: Live, Since: did.at, Last: did.text, Due: due[t]}
	if err := o.known.errs[t]; err != nil {
		s.State, s.Error, s.Hint = Failing, explain(err), cmp.Or(hint(err), "mend the cause and save, or run devloop retry")
	}
	if h, held := o.loops.held[t]; held {
		s.State, s.Error, s.Hint = Failing, h.why, "save one of its files, or run devloop retry"
	}
	switch {
	case o.tasks[t] != nil:
		s.State = Working
	case s.State == Live && s.Due != "":
		s.State = Due
	}
	return s
}

// whole sums up the parts.
func (o *owner) whole(s Snapshot) State {
	seen := map[State]bool{}
	for _, im := range s.Images {
		seen[im.State] = true
	}
	for _, r := range s.Releases {
		seen[r.State] = true
	}
	switch {
	case seen[Working] || o.looks.busy() || o.reaching:
		return Working
	case len(s.Failures) > 0 || seen[Failing]:
		return Failing
	case o.paused:
		return Paused
	case seen[Due]:
		return Due
	}
	return Live
}

// deed is what was last done to a target, and when it came out.
type deed struct {
	at   time.Time
	text string
}

// did notes what came of work on a target. What was only found in place keeps
// what brought it there.
func (k known) did(t target, text string, changed bool) {
	if _, before := k.deeds[t]; text != "" && (changed || !before) {
		k.deeds[t] = deed{time.Now(), text}
	}
}

func forwardStates(states []forward.State) []ForwardState {
	var out []ForwardState
	for _, s := range states {
		out = append(out, ForwardState{Target: s.Target.String(), Namespace: s.Namespace, Address: s.Address, Problem: s.Problem})
	}
	return out
}
