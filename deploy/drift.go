package deploy

import (
	"errors"
	"fmt"
	"strings"
)

// DriftMode is what Guard does about an object that is not as its release says.
type DriftMode string

// DriftCorrect puts the object back; DriftWarn writes nothing and tells.
const (
	DriftCorrect DriftMode = "correct"
	DriftWarn    DriftMode = "warn"
)

// Once is the mode in which Guard looks at each object once and ends, instead of
// watching: for a command that is over when the release is in line.
func (m DriftMode) Once() DriftMode { return m + once }

const once = ", once"

// ErrSuperseded ends a Guard whose revision is no longer the deployed one:
// somebody upgraded, rolled back or uninstalled the release, or began to.
var ErrSuperseded = errors.New("another revision has taken its place")

// ErrTerminating is a Drift's Err where the namespace is being deleted, and
// nothing in it can or should be put back.
var ErrTerminating = errors.New("is being deleted; nothing in it is put back")

// Drift is one finding of Guard: an object that was deleted or edited by
// somebody else than its release.
type Drift struct {
	// Object is what drifted. Its Name is empty where a whole kind cannot be
	// watched, and its Kind is Namespace where Err is ErrTerminating.
	Object Object
	// Gone says that the object was deleted.
	Gone bool
	// Fields are the fields that differ, in words: path, the release's value,
	// an arrow, the value that was found. Values of secrets are masked.
	Fields []string
	// Manager is who wrote them last, by the object's managedFields: name,
	// operation and time. Empty where the object does not tell.
	Manager string
	// Corrected says that the object was put back.
	Corrected bool
	// GaveUp says that Fields, or the object where it is Gone, came back too
	// often and will be left alone until the release is applied again.
	GaveUp bool
	// Err is why it could not be put back. It is tried again when the object
	// changes, and after a while where the fault may pass.
	Err error
}

// String is one line, such as
//
//	Deployment/web (templates/web.yaml): spec.replicas 1 -> 5 by kubectl (Update, 14:03:21); put back
func (d Drift) String() string {
	var b strings.Builder
	if d.Object.Name == "" {
		b.WriteString(d.Object.Kind)
	} else {
		b.WriteString(d.Object.String())
	}
	if d.Object.Template != "" {
		fmt.Fprintf(&b, " (%s)", d.Object.Template)
	}
	if errors.Is(d.Err, ErrTerminating) {
		return b.String() + " " + ErrTerminating.Error()
	}
	b.WriteString(": ")
	switch {
	case d.Gone:
		b.WriteString("was deleted")
	case len(d.Fields) > 0:
		b.WriteString(strings.Join(d.Fields, ", "))
		if d.Manager != "" {
			b.WriteString(" by " + d.Manager)
		}
	case d.Err != nil:
		return b.String() + plain(d.Err.Error())
	}
	switch {
	case d.Err != nil:
		b.WriteString("; cannot be put back: " + plain(d.Err.Error()))
	case d.GaveUp:
		fmt.Fprintf(&b, "; left as it is: put back %d times in %s, and each time it came back", fightRounds, fightSpan)
	case d.Corrected:
		b.WriteString("; put back")
	}
	return b.String()
}
