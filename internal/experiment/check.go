package experiment

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

var (
	simple = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_.]*$`)
	words  = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_. ]*$`)
)

type checker struct {
	spec *Spec
	doc  config.Document
}

type place []string

func (p place) at(keys ...string) place { return append(slices.Clone(p), keys...) }

func (c checker) errorf(at place, hint, format string, args ...any) error {
	return c.doc.Errorf(at, hint, format, args...)
}

func (c checker) all() error {
	s, top := c.spec, place{}
	switch {
	case s.APIVersion != APIVersion:
		return c.errorf(top.at("apiVersion"), "begin the file with: apiVersion: "+APIVersion, "apiVersion %q is not known", s.APIVersion)
	case !simple.MatchString(s.Name):
		return c.errorf(top.at("name"), "use letters, digits and - _ .", "%q cannot be the name of an experiment", s.Name)
	case len(s.Arms) == 0:
		return c.errorf(top.at("arms"), "name at least one, such as devloop", "there are no arms")
	case len(s.Scenarios) == 0:
		return c.errorf(top.at("scenarios"), "name at least one", "there are no scenarios")
	}
	var arms, scenarios []string
	for i, a := range s.Arms {
		if err := c.arm(a, arms, top.at("arms", config.Index(i))); err != nil {
			return err
		}
		arms = append(arms, a.Name)
	}
	for i, v := range s.Base {
		if err := c.verified(v, top.at("base", config.Index(i))); err != nil {
			return err
		}
		if v.Output != nil {
			return c.errorf(top.at("base", config.Index(i)), "use object, http or file", "an output is no state that can hold before a trial")
		}
	}
	for i, sc := range s.Scenarios {
		if err := c.scenario(sc, arms, scenarios, top.at("scenarios", config.Index(i))); err != nil {
			return err
		}
		scenarios = append(scenarios, sc.Name)
	}
	for i, cl := range s.Claims {
		if err := c.claim(cl, arms, scenarios, top.at("claims", config.Index(i))); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) arm(a Arm, before []string, at place) error {
	switch {
	case !simple.MatchString(a.Name):
		return c.errorf(at.at("name"), "use letters, digits and - _ .", "%q cannot be the name of an arm", a.Name)
	case slices.Contains(before, a.Name):
		return c.errorf(at.at("name"), "give each a name of its own", "there are two arms %s", a.Name)
	case (len(a.Run) == 0) == (len(a.Stays) == 0):
		return c.errorf(at, "run: is started at each save, stays: runs all the time", "arm %s needs either run or stays", a.Name)
	}
	if a.Stages != "" && a.Stages != stagesOfEvents {
		e, err := regexp.Compile(a.Stages)
		if err != nil {
			return c.errorf(at.at("stages"), `write events, or a regular expression with two groups, as in '^(\w+): ([0-9.]+) s$'`, "stages: %v", err)
		}
		if e.NumSubexp() != 2 {
			return c.errorf(at.at("stages"), "the first is the stage's name, the second its seconds", "stages has %d groups, not 2", e.NumSubexp())
		}
	}
	for _, list := range [][]string{a.Stays, a.Run, a.Reset, a.Settled, a.After, a.Version} {
		if err := c.variables(at, list...); err != nil {
			return err
		}
	}
	for _, list := range a.Prepare {
		if len(list) == 0 {
			return c.errorf(at.at("prepare"), "write a list of commands, each a list of words, as in [[make, images]]", "prepare has an empty command")
		}
		if err := c.variables(at.at("prepare"), list...); err != nil {
			return err
		}
	}
	return c.edits(a.Edits, at.at("edits"))
}

// kinds are those of devloop's history.
func kinds() []string { return []string{"", "values", "template", "image", "config"} }

func (c checker) scenario(s Scenario, arms, before []string, at place) error {
	switch {
	case !simple.MatchString(s.Name):
		return c.errorf(at.at("name"), "use letters, digits and - _ .", "%q cannot be the name of a scenario", s.Name)
	case slices.Contains(before, s.Name):
		return c.errorf(at.at("name"), "give each a name of its own", "there are two scenarios %s", s.Name)
	case len(s.Steps) == 0:
		return c.errorf(at, "each has an edit and what shows that it is verified", "scenario %s has no steps", s.Name)
	case !slices.Contains(kinds(), s.Kind):
		return c.errorf(at.at("kind"), "it can be values, template, image or config", "kind %q is not known", s.Kind)
	case s.Timeout < 0:
		return c.errorf(at.at("timeout"), "write a duration, as in 3m", "timeout %s is negative", s.Timeout)
	}
	for i, a := range s.Arms {
		if !slices.Contains(arms, a) {
			return c.errorf(at.at("arms", config.Index(i)), "there are "+strings.Join(arms, ", "), "there is no arm %q", a)
		}
	}
	var names []string
	for i, step := range s.Steps {
		at := at.at("steps", config.Index(i))
		switch {
		case len(step.Edit) == 0:
			return c.errorf(at, "name a file and what to change in it", "the step has no edit")
		case step.Name != "" && !words.MatchString(step.Name):
			return c.errorf(at.at("name"), "use letters, digits, spaces and - _ .", "%q cannot be the name of a step", step.Name)
		case step.Name == "" && len(s.Steps) > 1:
			return c.errorf(at, "it is told apart from the others by it", "a step among several needs a name")
		case slices.Contains(names, step.Name):
			return c.errorf(at.at("name"), "give each a name of its own", "there are two steps %q", step.Name)
		}
		names = append(names, step.Name)
		if err := c.edits(step.Edit, at.at("edit")); err != nil {
			return err
		}
		if err := c.verified(step.Verified, at.at("verified")); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) edits(edits []Edit, at place) error {
	for i, e := range edits {
		at := at.at(config.Index(i))
		switch {
		case e.File == "" || !filepath.IsLocal(filepath.FromSlash(e.File)):
			return c.errorf(at.at("file"), "write it relative to the project's folder", "%q is no file of the project", e.File)
		case (e.Find == "") == (e.Text == ""):
			return c.errorf(at, "find: is replaced by replace:, text: is the whole file", "an edit needs either find or text")
		}
		if err := c.variables(at, e.Replace, e.Text); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) claim(cl Claim, arms, scenarios []string, at place) error {
	for key, arm := range map[string]string{"arm": cl.Arm, "against": cl.Against} {
		if !slices.Contains(arms, arm) && (arm != "" || key == "arm") {
			return c.errorf(at.at(key), "there are "+strings.Join(arms, ", "), "there is no arm %q", arm)
		}
	}
	for i, s := range cl.Scenarios {
		if !slices.Contains(scenarios, s) {
			return c.errorf(at.at("scenarios", config.Index(i)), "there are "+strings.Join(scenarios, ", "), "there is no scenario %q", s)
		}
	}
	if cl.Arm != c.spec.Claims[0].Arm {
		return c.errorf(at.at("arm"), "write "+c.spec.Claims[0].Arm+", or an experiment of its own", "claims are about two arms, %s and %s", c.spec.Claims[0].Arm, cl.Arm)
	}
	less := cl.Against != "" && cl.Less > 0 && cl.Less < 100
	together := cl.Together > 0 && len(cl.Scenarios) > 0
	if less == together {
		return c.errorf(at, "write {arm, against, less: 90}, or {arm, scenarios: [A, B], together: 30s}", "it is not clear what the claim says")
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{(\w*)\}`)

// names are those of the variables of commands and texts.
func names() []string { return []string{"namespace", "unique", "events", "devloop"} }

func (c checker) variables(at place, texts ...string) error {
	for _, t := range texts {
		for _, m := range variable.FindAllStringSubmatch(t, -1) {
			if !slices.Contains(names(), m[1]) {
				return c.errorf(at, "there are ${"+strings.Join(names(), "}, ${")+"}", "%s is not known", m[0])
			}
		}
	}
	return nil
}
