package request

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
)

// Stack says which images of a project are built on which others of it: those
// that their Dockerfiles name as their images are named here, without a tag. An
// image that names itself means another one of that name.
//
// The zero value is the stack of no images.
type Stack struct {
	names   []string
	on      map[string][]build.Base
	outside map[string][]build.Base // those that are not of the project
	circles map[string]error
}

// NewStack reads the Dockerfiles. One that cannot be read counts as built on
// nothing: its image's own look tells what is wrong with it.
func NewStack(p *config.Project) Stack {
	bases := map[string][]build.Base{}
	for name, im := range p.Images {
		bases[name], _ = Image(name, im).BasesOf()
	}
	return StackOf(p, bases)
}

// StackOf is NewStack for bases that build.Spec.BasesOf has read.
func StackOf(p *config.Project, bases map[string][]build.Base) Stack {
	s := Stack{names: p.ImageNames(), on: map[string][]build.Base{}, outside: map[string][]build.Base{}, circles: map[string]error{}}
	all := Stack{on: map[string][]build.Base{}}
	for _, name := range s.names {
		for _, b := range bases[name] {
			if _, ours := p.Images[b.Name]; ours && b.Name != name {
				all.on[name] = append(all.on[name], b)
			} else {
				s.outside[name] = append(s.outside[name], b)
			}
		}
	}
	for _, name := range s.names {
		if lines := all.circle(nil, nil, name); lines != nil {
			s.circles[name] = fmt.Errorf("images are built on each other: have one of these lines name something else\n    %s", strings.Join(lines, "\n    "))
		} else {
			s.on[name] = all.on[name]
		}
	}
	return s
}

// circle are the lines by which an image is built on itself, or on one that is.
func (s Stack) circle(path, lines []string, name string) []string {
	if i := slices.Index(path, name); i >= 0 {
		return lines[i:]
	}
	for _, base := range s.on[name] {
		line := fmt.Sprintf("%s:%d: %s is built on %s", base.Dockerfile, base.Line, name, base.Name)
		if found := s.circle(append(slices.Clone(path), name), append(slices.Clone(lines), line), base.Name); found != nil {
			return found
		}
	}
	return nil
}

// Circle is an error when an image is built on itself by way of others, or on
// such an image. It names the line of each Dockerfile. Nothing else is then said
// of what the image is built on.
func (s Stack) Circle(name string) error { return s.circles[name] }

// Bases are the names of the images that one is built on directly.
func (s Stack) Bases(name string) []string {
	var names []string
	for _, base := range s.on[name] {
		names = append(names, base.Name)
	}
	return names
}

// Outside tells whether an image is built directly on one that is not of the
// project: of that name, or of any where it is empty.
func (s Stack) Outside(name, base string) bool {
	return slices.ContainsFunc(s.outside[name], func(b build.Base) bool { return base == "" || b.Name == base })
}

// Order lists the images so that each comes after those it is built on, and by
// name where that leaves a choice.
func (s Stack) Order() []string {
	var order []string
	done := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		for _, base := range s.Bases(name) {
			visit(base)
		}
		order = append(order, name)
	}
	for _, name := range s.names {
		visit(name)
	}
	return order
}

// With is what build is asked for an image of which those it is built on are in
// place: image -> reference. ok is false when one is missing.
func (s Stack) With(p *config.Project, name string, refs map[string]string) (spec build.Spec, ok bool) {
	spec = Image(name, p.Images[name])
	for _, base := range s.Bases(name) {
		if refs[base] == "" {
			return spec, false
		}
		if spec.Bases == nil {
			spec.Bases = map[string]string{}
		}
		spec.Bases[base] = refs[base]
	}
	return spec, true
}
