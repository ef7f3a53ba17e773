package deploy

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// Release is one Helm release as the project's files describe it.
type Release struct {
	// Name is the release's name; Namespace where it and its history live.
	Name, Namespace string
	// CreateNamespace makes the namespace on the first install where it is
	// missing, as `helm upgrade --install --create-namespace` does.
	CreateNamespace bool
	// Chart is a folder or a .tgz, as an absolute path. Dependencies that its
	// Chart.yaml declares and its charts folder lacks, or has in a wrong version,
	// are brought there first, as by `helm dependency build`; those of file://
	// also when their folder was edited since.
	Chart string
	// Values are values files, absolute; a later one wins over an earlier one.
	Values []string
	// Set maps a key, by the path rules of `helm --set` (dots, [0] for lists,
	// \. for a dot), to a typed value. It wins over Values.
	Set map[string]any
	// SetFiles maps a key, by the same path rules, to a file, absolute, whose text
	// becomes the value, as with `helm --set-file`. It wins over Set.
	SetFiles map[string]string
	// Images maps a dotted chart value to a full image reference. It wins over
	// all of these. See the package's image rules at (*Cluster).Render.
	Images map[string]string
	// Labels are put on the record when the release is installed, as by `helm
	// install --labels`; each later revision takes them over, also one that helm
	// makes. A release that is there already gets none.
	Labels map[string]string
	// Hooks says when the chart's hooks run. Default HooksAuto.
	Hooks Hooks
	// Adopt takes over objects that exist already and belong to no release or
	// to another one, as helm's --take-ownership does. Without it such an object
	// is an *ApplyError with the remedy Adopt.
	Adopt bool
	// Force replaces an object whose change the API server refuses. Where it is
	// a field that cannot change on a living object, the object is deleted and
	// made anew, with its pods; never a volume, a volume claim, a namespace or a
	// CRD. Without it such a change is an *ApplyError with the remedy Force.
	Force bool
}

// Hooks says when a chart's hooks run.
type Hooks string

// With HooksAuto hooks run as helm runs them, but only when the release is
// installed or when a hook or any object of the release has changed: helm knows
// no finer bond between a hook and what it guards, and so none is guessed here.
// An unchanged release runs none.
//
// With HooksAlways Apply upgrades a release that has upgrade hooks even if
// nothing has changed, so that they run at each Apply, as at each `helm upgrade`.
// With HooksNever, as with helm's --no-hooks, no hook runs.
//
// In all modes a job or pod that an earlier run of a hook left behind, and that
// its helm.sh/hook-delete-policy would leave in the way, is deleted before the
// hook runs again; helm fails there.
const (
	HooksAuto   Hooks = "auto"
	HooksAlways Hooks = "always"
	HooksNever  Hooks = "never"
)

// String is namespace/name.
func (r Release) String() string { return r.Namespace + "/" + r.Name }

func (r Release) validate() error {
	var missing []string
	for _, f := range []struct{ name, value string }{
		{"Name", r.Name}, {"Namespace", r.Namespace}, {"Chart", r.Chart},
	} {
		if f.value == "" {
			missing = append(missing, f.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("release %q: %s not given", r.Name, strings.Join(missing, ", "))
	}
	switch r.Hooks {
	case "", HooksAuto, HooksAlways, HooksNever:
		return nil
	}
	return fmt.Errorf("release %q: hooks is %q, must be auto, always or never", r.Name, r.Hooks)
}

// Object names one object of a release.
type Object struct {
	APIVersion, Kind string
	// Namespace is empty for a cluster-wide kind.
	Namespace, Name string
	// Template is the file it came from, relative to the chart's root, such as
	// templates/web.yaml or charts/db/templates/set.yaml.
	Template string
}

// String is Kind/name.
func (o Object) String() string { return o.Kind + "/" + o.Name }

// Workload is an object that runs pods, and how to find them.
type Workload struct {
	Object
	// Selector matches the workload's pods in its namespace. It is
	// labels.Nothing() for a pod or cron job whose pods carry no labels.
	Selector labels.Selector
}

// Action is what Apply did.
type Action string

// The three outcomes of Apply.
const (
	Installed Action = "installed"
	Upgraded  Action = "upgraded"
	Unchanged Action = "unchanged"
)

// Result is what Apply did to one release.
type Result struct {
	Release   string
	Namespace string
	Action    Action
	// Revision is helm's revision number, from 1.
	Revision int
	// Written are the objects that were created or patched, Removed those that
	// were deleted because the chart no longer has them.
	Written, Removed []Object
	// Edits are what was changed in those of Written that were there, in the
	// manifest's order.
	Edits []Edit
	// Total is how many objects the release has, hooks not counted.
	Total int
	// Repaired says what a killed process had left and Apply put right; empty
	// when there was nothing.
	Repaired string
	// Rendered is what the cluster now has, hooks included.
	Rendered *Rendered
	// ChartFiles are the files that were written or removed to bring the chart its
	// dependencies, as absolute paths: archives in charts/ and the lock. A failed
	// Apply tells them, too.
	ChartFiles []string
	// Stages are how long the parts of Apply took.
	Stages Stages
}

// Stages are how long the parts of one Apply took, by the wall clock. They follow
// each other, so they add up to the whole but for what lies between them; work
// that goes on beside another stage counts with the stage that waits for it. What
// did not happen is 0. Where a kind had to be made first, they are those of all
// goes together.
type Stages struct {
	// Load is reading the release's files and its last revision, and asking what
	// the API server offers.
	Load time.Duration
	// Render is the templates, and the comparison of what they gave with the last
	// revision.
	Render time.Duration
	// Read is reading the live objects that may have to be written, or seeing
	// that none is missing.
	Read time.Duration
	// Write is creating, patching and deleting objects, and running hooks.
	Write time.Duration
	// Record is encoding and writing helm's records, the one before the write
	// and those after it.
	Record time.Duration
}
