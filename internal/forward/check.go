package forward

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/internal/near"
)

// checkWithin is how long one look for a target may take.
const checkWithin = 5 * time.Second

// Check has Run look whether what is forwarded is in the cluster, which it can be
// only when the releases are. What is not there, and what has no such port, is told;
// what was found once is not looked for again. It does not wait.
func (f *Forwarder) Check() {
	select {
	case f.checks <- struct{}{}:
	default: // a look is due already
	}
}

// finding is what a look for a target found.
type finding struct {
	target  Target
	there   bool
	problem string // of what is not there for sure: a cluster that does not answer says nothing
}

// find looks for targets.
func (f *Forwarder) find(ctx context.Context, targets []Target) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	var all []finding
	for _, t := range targets {
		_, err := t.ready(ctx, f.client)
		one := finding{target: t, there: err == nil || errors.Is(err, errNoPod)}
		if errors.Is(err, errTarget) {
			one.problem = err.Error()
		}
		all = append(all, one)
	}
	return all
}

// unfound are the targets that are listened on and have not been found yet.
func unfound(all map[Target]*opened) []Target {
	var out []Target
	for t, o := range all {
		if o.stop != nil && !o.found {
			out = append(out, t)
		}
	}
	return out
}

// note has States tell of findings, and tells what is new of them.
func (f *Forwarder) note(found []finding, all map[Target]*opened) {
	for _, one := range found {
		o := all[one.target]
		if o == nil || o.stop == nil {
			continue // replaced meanwhile
		}
		if one.problem != "" && one.problem != o.Problem {
			f.told.Failed(fmt.Sprintf("%s: %s; correct forward: in devloop.yaml", one.target, one.problem))
		}
		o.found, o.Problem = one.there, one.problem
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.states {
		f.states[i] = all[s.Target].State
	}
}

// absent says of a service or a workload that is not there what there is in its place.
func (t Target) absent(ctx context.Context, client kubernetes.Interface, err error) error {
	if !apierrors.IsNotFound(err) {
		return err
	}
	kind, name := t.kind()
	text := fmt.Sprintf("namespace %s has no %s %s", t.Namespace, kind, name)
	if kind != "service" {
		return fmt.Errorf("%w: %s", errTarget, text)
	}
	list, failed := client.CoreV1().Services(t.Namespace).List(ctx, metav1.ListOptions{})
	if failed != nil {
		return fmt.Errorf("%w: %s", errTarget, text)
	}
	var names []string
	for _, s := range list.Items {
		names = append(names, s.Name)
	}
	if slices.Contains(names, name) {
		return err // it has come meanwhile
	}
	if len(names) > 0 {
		text += "; it has " + strings.Join(names, ", ")
	}
	if meant := near.Name(name, names); meant != "" {
		text += fmt.Sprintf("; did you mean %s?", meant)
	}
	return fmt.Errorf("%w: %s", errTarget, text)
}
