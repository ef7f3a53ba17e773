package skaffold

import (
	"regexp"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// when converts what has a profile in force without being asked for. Skaffold has
// alternatives, each of a context, a variable and a command; devloop one condition of
// a context and a variable.
func (c *converter) when(p *node) config.When {
	all, whole := p.take("requiresAllActivations").yes(false), true
	var out config.When
	for _, a := range p.take("activation").list() {
		one, ok := c.condition(a)
		switch {
		case !ok: // told
			whole = false
		case out == (config.When{}):
			out = one
		case all && (out.Context == "" || one.Context == "") && (out.Env == "" || one.Env == ""):
			out.Context, out.Env = out.Context+one.Context, out.Env+one.Env
		case !all && out.Env == "" && one.Env == "":
			out.Context += "|" + one.Context
		default:
			whole = false
			c.lose(a, "a profile has one when:, all of which must hold: make another profile for this condition, or ask for it with -p")
		}
	}
	if all && !whole { // what is left of it would hold too often
		return config.When{}
	}
	return out
}

// condition converts one alternative; ok is false where devloop cannot say it.
func (c *converter) condition(a *node) (w config.When, ok bool) {
	if command := a.fields["command"]; command != nil {
		c.lose(a, "devloop's profiles know no command: ask for it with -p")
		return w, false
	}
	context, env := a.take("kubeContext"), a.take("env")
	name, value, _ := strings.Cut(env.text(), "=")
	for _, n := range []*node{context, env} {
		pattern := n.text()
		if n == env {
			pattern = value
		}
		switch _, err := regexp.Compile(pattern); {
		case n == nil:
		case strings.HasPrefix(pattern, "!"):
			c.lose(a, "a condition that must not hold cannot be said: name those that it is for under when:, or switch it off with -p -NAME")
			return w, false
		case err != nil || templated(pattern):
			c.lose(a, "%s is no regular expression", pattern)
			return w, false
		}
	}
	if context != nil {
		w.Context = wholly(context.text())
	}
	if env != nil {
		w.Env = name + "=" + wholly(value)
	}
	return w, w != (config.When{})
}

var simple = regexp.MustCompile(`^([\w/:@-]|\.\*|\|)*$`)

// wholly is a regular expression for all of a text, made of one that skaffold looks
// for anywhere in it. A plain name stays one, as is meant.
func wholly(pattern string) string {
	inner := pattern
	if begun, is := strings.CutPrefix(pattern, "^"); is && strings.HasSuffix(begun, "$") {
		inner = strings.TrimSuffix(begun, "$")
	}
	if simple.MatchString(inner) && !(inner != pattern && strings.Contains(inner, "|")) {
		return inner
	}
	return ".*(?:" + pattern + ").*"
}
