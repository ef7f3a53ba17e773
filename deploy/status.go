package deploy

import (
	"fmt"
	"strings"
)

// Status is how far a release's rollout is.
type Status struct {
	Release, Namespace string
	// Ready of Total objects are ready. Objects that are ready by existing,
	// such as a ConfigMap, are not counted.
	Ready, Total int
	// PodsReady of Pods pods are ready, of those that the release's deployments,
	// stateful sets, daemon sets and replica sets want, and its pods without any
	// of these. Pods of jobs are not counted: a job is ready when they have ended.
	PodsReady, Pods int
	// Objects are those counted, in the manifest's order.
	Objects []ObjectStatus
}

// ObjectStatus is how far one object is.
type ObjectStatus struct {
	Object
	Ready bool
	// Have of Want pods are ready; both are 0 for an object that has no pods.
	Have, Want int64
	// Message is what it waits for, in the cluster's words.
	Message string
}

// Failure is one cause for which a rollout cannot succeed.
type Failure struct {
	// Object is the release's object that failed.
	Object Object
	// Pod and Container are where it failed; empty where no pod was made.
	Pod, Container string
	// Reason and Message are the cluster's own words, such as CrashLoopBackOff.
	Reason, Message string
	// Logs are the container's last lines, oldest first.
	Logs []string
	// Template is the file the object came from, relative to the chart's root.
	Template string
}

// String is one line without the logs.
func (f Failure) String() string {
	var b strings.Builder
	b.WriteString(f.Object.String())
	if f.Template != "" {
		fmt.Fprintf(&b, " (%s)", f.Template)
	}
	if f.Pod != "" {
		fmt.Fprintf(&b, ": pod %s", f.Pod)
	}
	if f.Container != "" {
		fmt.Fprintf(&b, ", container %s", f.Container)
	}
	fmt.Fprintf(&b, ": %s", f.Reason)
	if f.Message != "" {
		fmt.Fprintf(&b, ": %s", f.Message)
	}
	return b.String()
}

// RolloutError says that a release, or one of its hooks, was written but cannot
// become ready, and why.
type RolloutError struct {
	Release  string
	Failures []Failure
	// Err is context.DeadlineExceeded where the objects might still have become
	// ready, but not in the time given; else nil.
	Err error
}

func (e *RolloutError) Unwrap() error { return e.Err }

func (e *RolloutError) Error() string {
	var b strings.Builder
	how := "does not become ready"
	if e.Err != nil {
		how = "is not ready in time"
	}
	fmt.Fprintf(&b, "release %s %s: ", e.Release, how)
	for i, f := range e.Failures {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.String())
	}
	return b.String()
}
