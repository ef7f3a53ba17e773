package deploy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ApplyError says that the cluster did not take a release, or one object of it.
type ApplyError struct {
	Release string
	// Object is the refused object; its Kind is empty where none is known.
	Object Object
	// Hint is what to do, where that is known.
	Hint string
	// Remedy is the field of Release that would let Apply go on, where there is
	// one.
	Remedy Remedy
	// Err is what the cluster said.
	Err error
}

// Remedy names a field of Release by which Apply gets past an ApplyError.
type Remedy string

// With RemedyAdopt an object that exists is taken over, with RemedyForce one that
// cannot be changed is deleted and made anew.
const (
	RemedyAdopt Remedy = "adopt"
	RemedyForce Remedy = "force"
)

func (e *ApplyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apply release %s: ", e.Release)
	if e.Object.Kind != "" {
		fmt.Fprintf(&b, "%s", e.Object)
		if e.Object.Template != "" {
			fmt.Fprintf(&b, " (%s)", e.Object.Template)
		}
		b.WriteString(": ")
	}
	b.WriteString(plain(e.Err.Error()))
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

func (e *ApplyError) Unwrap() error { return e.Err }

// The API server answers a patch of a wrong type with the whole live object, a
// secret's data included, and the type after it.
var (
	wholeObject = regexp.MustCompile(`(?:\w* ?"" is invalid: )?patch: Invalid value: "(?:[^"\\]|\\.)*": `)
	wrongType   = regexp.MustCompile(`json: cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`)
)

// plain takes the live object out of the API server's words.
func plain(text string) string {
	text = wholeObject.ReplaceAllString(text, "")
	return wrongType.ReplaceAllString(text, "field $2 is a $1, must be a $3")
}

// otherOwner is the release that helm's complaint about ownership names.
var otherOwner = regexp.MustCompile(`key "meta\.helm\.sh/release-name" must equal "[^"]*": current value is "([^"]*)"`)

// missingNamespace is the API server's answer to an object in a namespace that is
// not there.
var missingNamespace = regexp.MustCompile(`namespaces "([^"]+)" not found`)

// refusalTexts are the ways in which Helm and the API server name an object in an
// error; the groups are kind and name, whichever comes first.
var refusalTexts = []struct {
	text       *regexp.Regexp
	kind, name int
}{
	{regexp.MustCompile(`create (\w+)/([^\s:]+): `), 1, 2},
	{regexp.MustCompile(`cannot patch "([^"]+)" with kind (\w+)`), 2, 1},
	{regexp.MustCompile(`(\w+)(?:\.[\w.-]+)? "([^"]+)" is (?:invalid|forbidden)`), 1, 2},
	{regexp.MustCompile(`(\w+) "([^"]+)" in namespace "[^"]*" exists and cannot be imported`), 1, 2},
	{regexp.MustCompile(`resource mapping not found for name: "([^"]+)" namespace: "[^"]*" from "[^"]*": no matches for kind "(\w+)"`), 2, 1},
}

func refused(text string) (kind, name string) {
	for _, r := range refusalTexts {
		if m := r.text.FindStringSubmatch(text); m != nil {
			return m[r.kind], m[r.name]
		}
	}
	return "", ""
}

// applyFailure turns the error of one of Helm's actions into one that names the
// object and the template it came from.
func (c *Cluster) applyFailure(ctx context.Context, src *source, client *helmClient, err error) error {
	rel := src.rel
	ctx = context.WithoutCancel(ctx)
	if client.hookErr != nil {
		var rollout *RolloutError
		if errors.As(client.hookErr, &rollout) {
			for i, f := range rollout.Failures {
				rollout.Failures[i].Object = c.named(ctx, src, f.Object.Kind, f.Object.Name)
				rollout.Failures[i].Template = rollout.Failures[i].Object.Template
			}
		}
		return fmt.Errorf("apply release %s: a hook failed: %w", rel.Name, client.hookErr)
	}
	if e := templateError(rel, nil, err); e != nil {
		return e
	}
	e := &ApplyError{Release: rel.Name, Err: err}
	text := err.Error()
	if kind, name := refused(text); kind != "" {
		e.Object = c.named(ctx, src, kind, name)
	}
	var fixed *ImmutableError
	missing := missingNamespace.FindStringSubmatch(text)
	switch {
	case missing != nil && missing[1] == rel.Namespace:
		e.Hint = fmt.Sprintf("make the namespace %q, or set createNamespace: true", rel.Namespace)
	case missing != nil:
		e.Hint = fmt.Sprintf("the object's own metadata.namespace is %q: make that namespace, add it to the chart, or correct it", missing[1])
	case strings.Contains(text, "no matches for kind"):
		e.Hint = "the cluster has no such kind: install its CRD first, or correct apiVersion and kind"
	case strings.Contains(text, "cannot unmarshal string into") && wrongType.MatchString(text):
		e.Hint = "it is text where a number or the like is wanted: correct the value, or leave out the quotes in the template"
	case wrongType.MatchString(text):
		e.Hint = "quote it in the template: YAML reads 1, true, and also y, n, on and off, as something else than text"
	case errors.As(err, &fixed):
		e.Err = readable(err)
		e.Object = c.named(ctx, src, fixed.Object.Kind, fixed.Object.Name)
		e.Remedy, e.Hint = remedyFor(fixed)
	case strings.Contains(text, "invalid ownership metadata"):
		e.Remedy = RemedyAdopt
		e.Hint = "adopt takes it over; or delete it, or give the chart's object another name"
		if m := otherOwner.FindStringSubmatch(text); m != nil {
			e.Hint = fmt.Sprintf("it belongs to release %s; ", m[1]) + e.Hint
		} else {
			e.Hint = "no release made it; " + e.Hint
		}
	}
	return e
}

// named finds an object of the release by kind and name, without regard to case
// since the API server at times says the resource instead of the kind.
func (c *Cluster) named(ctx context.Context, src *source, kind, name string) Object {
	unknown := Object{Kind: kind, Name: name}
	last, err := c.last(ctx, src.rel.Namespace, src.rel.Name)
	if err != nil {
		return unknown
	}
	out, err := c.render(ctx, src, next(src.rel, last))
	if err != nil {
		return unknown
	}
	rendered, err := c.describe(src.rel.Namespace, out.manifest, out.hooks, "")
	if err != nil {
		return unknown
	}
	objects := rendered.Objects
	for _, h := range rendered.Hooks {
		objects = append(objects, h.Object)
	}
	for _, o := range objects {
		if o.Name == name && (strings.EqualFold(o.Kind, kind) || strings.EqualFold(o.Kind+"s", kind)) {
			return o
		}
	}
	return unknown
}
