package deploy

import (
	"maps"
	"strings"
	"text/template/parse"
)

// templates are the facts of all templates by name, files and defined ones.
type templates map[string]facts

// add: of two templates of one name it is not known here which one counts.
func (t templates) add(name string, f facts) {
	if other, twice := t[name]; twice {
		f = f.with(other)
	}
	t[name] = f
}

// again says whether a file's output may be another one, and whether it is not
// known which templates it includes.
func (t templates) again(name string, changed map[string]bool, reached map[string]facts) (again, dynamic bool) {
	own := t[name]
	again, dynamic = changed[name] || own.volatile, own.dynamic
	for included := range t.named(own.includes) {
		all := t.reach(included, reached)
		again, dynamic = again || all.volatile || changed[included], dynamic || all.dynamic
		for c := range changed {
			again = again || all.includes[c]
		}
	}
	return again, dynamic
}

// reach is what a template does with all that it includes; reached remembers that.
func (t templates) reach(name string, reached map[string]facts) facts {
	if all, ok := reached[name]; ok {
		return all
	}
	all := facts{includes: map[string]bool{}}
	for todo := []string{name}; len(todo) > 0; {
		f := t[todo[0]]
		todo = todo[1:]
		all.volatile, all.dynamic = all.volatile || f.volatile, all.dynamic || f.dynamic
		for included := range t.named(f.includes) {
			if !all.includes[included] {
				all.includes[included] = true
				todo = append(todo, included)
			}
		}
	}
	reached[name] = all
	return all
}

// named resolves names of which only the end is known.
func (t templates) named(includes map[string]bool) map[string]bool {
	some := false
	for name := range includes {
		some = some || strings.HasPrefix(name, anything)
	}
	if !some {
		return includes
	}
	out := map[string]bool{}
	for name := range includes {
		end, ok := strings.CutPrefix(name, anything)
		if !ok {
			out[name] = true
			continue
		}
		for candidate := range t {
			if strings.HasSuffix(candidate, end) {
				out[candidate] = true
			}
		}
	}
	return out
}

// anything begins a name of which only the end is known.
const anything = "*"

// included is the name of a template as an argument has it, or its end, as of
// (print $.Template.BasePath "/config.yaml"); empty where even that is not known.
func included(n parse.Node) string {
	if text, ok := n.(*parse.StringNode); ok {
		return text.Text
	}
	p, ok := n.(*parse.PipeNode)
	if !ok || len(p.Cmds) != 1 || len(p.Cmds[0].Args) < 2 {
		return ""
	}
	args := p.Cmds[0].Args
	f, ok := args[0].(*parse.IdentifierNode)
	text, isText := args[len(args)-1].(*parse.StringNode)
	if !ok || f.Ident != "print" || !isText || text.Text == "" {
		return ""
	}
	return anything + text.Text
}

// with adds what an included template does.
func (f facts) with(o facts) facts {
	out := facts{f.volatile || o.volatile, f.shows || o.shows, f.mutates || o.mutates, f.dynamic || o.dynamic, maps.Clone(f.includes)}
	if out.includes == nil {
		out.includes = map[string]bool{}
	}
	maps.Copy(out.includes, o.includes)
	return out
}
