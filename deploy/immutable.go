package deploy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/devloop-dev/devloop/internal/diff"
)

// ImmutableError says that the chart changes fields of an object which cannot
// change while the object lives, such as a job's template, a deployment's
// selector or a service's clusterIP.
type ImmutableError struct {
	Object Object
	// Fields are the fields as the API server names them, such as spec.template,
	// each with its words for it, such as "field is immutable".
	Fields []string
	// Changed are the fields below them that the chart changes, such as
	// spec.template.spec.containers[main].image; empty where none is known.
	Changed []string
	// Err is what the API server said.
	Err error
}

func (e *ImmutableError) Error() string {
	text := strings.Join(e.Fields, ", ")
	if len(e.Changed) > 0 {
		text += "; the chart changes " + strings.Join(e.Changed, ", ")
	}
	return text
}

func (e *ImmutableError) Unwrap() error { return e.Err }

// fixed are the words in which the API server's kinds say that a field cannot
// change (k8s.io/kubernetes/pkg/apis/*/validation).
var fixed = regexp.MustCompile(`immutable|may not change once set|cannot change|may not be changed|cannot be changed|updates to .* are forbidden|updates may not change fields|may not be unset|once set`)

// immutable finds the causes of an error that are fields which cannot change;
// none where it is also about something else, which making the object anew would
// not cure.
func immutable(err error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || status.Status().Details == nil {
		return nil
	}
	var out []metav1.StatusCause
	for _, cause := range status.Status().Details.Causes {
		if !fixed.MatchString(cause.Message) {
			return nil
		}
		out = append(out, cause)
	}
	return out
}

// words are what a cause says without the value, which may be a whole object, and
// without the lines that compare it with the old one.
func words(cause metav1.StatusCause) string {
	line, _, _ := strings.Cut(cause.Message, "\n")
	if i := strings.LastIndex(line, ": "); i >= 0 && strings.HasPrefix(line, "Invalid value: ") {
		return line[i+2:]
	}
	return strings.TrimPrefix(line, "Forbidden: ")
}

// explained keeps the API server's words, which helm records, and knows what they
// mean.
type explained struct {
	error
	why *ImmutableError
}

func (e explained) Unwrap() error { return e.why }

// asImmutable explains an error about fields that cannot change; another one it
// gives back.
func asImmutable(err error, o Object, was, wanted *unstructured.Unstructured) error {
	causes := immutable(err)
	if len(causes) == 0 {
		return err
	}
	e := &ImmutableError{Object: o, Err: err}
	for _, cause := range causes {
		e.Fields = append(e.Fields, cause.Field+": "+words(cause))
	}
	for _, c := range diff.Changes(bare(was.Object), bare(wanted.Object)) {
		path := c.Path.String()
		for _, cause := range causes {
			name, _, _ := strings.Cut(cause.Field, "[")
			if strings.HasPrefix(path, name) || strings.HasPrefix(name, path) {
				e.Changed = append(e.Changed, path)
				break
			}
		}
	}
	return explained{err, e}
}

// remedyFor is what can be done about an object that cannot change.
func remedyFor(e *ImmutableError) (Remedy, string) {
	gk := schema.FromAPIVersionAndKind(e.Object.APIVersion, e.Object.Kind).GroupKind()
	switch {
	case holdsMore[gk]:
		return "", "it is never deleted for you, since more than the object would be lost: delete it yourself, or give the chart's object another name"
	case gk.Kind == "Job":
		return RemedyForce, "force deletes the object and makes it anew; a job that is to run at each upgrade is better a hook, or has a name that changes with it"
	}
	return RemedyForce, "force deletes the object and makes it anew"
}

// reworded says the same as an error in other words.
type reworded struct {
	text string
	error
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }

// readable has each object that could not be updated explained.
func readable(err error) error {
	var all refusals
	if !errors.As(err, &all) {
		return err
	}
	var texts []string
	for _, one := range all {
		text := one.Error()
		var fixed *ImmutableError
		if errors.As(one, &fixed) {
			text = cannotPatch(fixed.Object) + ": " + fixed.Error()
		}
		texts = append(texts, text)
	}
	return reworded{strings.Join(texts, "; "), err}
}

// cannotPatch begins the error about an object as helm does.
func cannotPatch(o Object) string { return fmt.Sprintf("cannot patch %q with kind %s", o.Name, o.Kind) }
