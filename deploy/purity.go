package deploy

import (
	"slices"
	"text/template/parse"
)

// facts are what one template, by itself, does that an output could depend on
// beside its text, the values, the chart and what the cluster offers. Where a
// template cannot be seen through, they say the worse.
type facts struct {
	// volatile: it may come out different each time, or show the revision.
	volatile bool
	// shows: it may show the revision, or whether this is an install.
	shows bool
	// mutates: it may write into what other templates read.
	mutates bool
	// dynamic: it includes templates whose names are known only when it runs.
	dynamic bool
	// includes are the names of the templates that it includes.
	includes map[string]bool
}

// fileFacts are those of a file and of the templates it defines. A file that
// cannot be parsed has none and defines nothing: rendering tells what is wrong.
type fileFacts struct {
	bad     bool
	own     facts
	defines map[string]facts
}

// factsOf reads a file of templates.
func factsOf(path, text string) fileFacts {
	tree := parse.New(path)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return fileFacts{bad: true}
	}
	out := fileFacts{defines: map[string]facts{}}
	for name, t := range trees {
		f := readTree(t)
		if saysMoment(text) {
			f.volatile, f.shows = true, true
		}
		if t == tree {
			out.own = f
		} else {
			out.defines[name] = f
		}
	}
	return out
}

// readTree goes through a template until it knows which of its variables may hold
// more than they show.
func readTree(t *parse.Tree) facts {
	r := &treeReader{opaque: map[string]bool{"$": true}}
	for {
		known := len(r.opaque)
		r.facts = facts{includes: map[string]bool{}}
		r.list(t.Root, true)
		if len(r.opaque) == known {
			return r.facts
		}
	}
}

// treeReader follows where the templates' root, which has .Release in it, may go.
// A value that may be it, or hold it, is called opaque: to print it or to hand it
// to a function that looks into it would show the revision.
type treeReader struct {
	facts
	opaque map[string]bool // variables
}

// list reads nodes; dot says that the dot is opaque.
func (r *treeReader) list(l *parse.ListNode, dot bool) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode:
		case *parse.ActionNode:
			printed := r.pipe(n.Pipe, dot)
			r.exposed(printed && len(n.Pipe.Decl) == 0)
		case *parse.IfNode:
			r.pipe(n.Pipe, dot)
			r.list(n.List, dot)
			r.list(n.ElseList, dot)
		case *parse.WithNode:
			r.list(n.List, r.pipe(n.Pipe, dot))
			r.list(n.ElseList, dot)
		case *parse.RangeNode:
			over := r.pipe(n.Pipe, dot)
			r.exposed(over)
			r.list(n.List, over)
			r.list(n.ElseList, dot)
		case *parse.TemplateNode:
			r.includes[n.Name] = true
			r.pipe(n.Pipe, dot)
		default:
			r.volatile, r.mutates = true, true
		}
	}
}

// pipe reads a pipeline and says whether its value is opaque.
func (r *treeReader) pipe(p *parse.PipeNode, dot bool) bool {
	if p == nil {
		return false
	}
	var value bool
	for i, c := range p.Cmds {
		value = r.command(c, dot, i > 0, value)
	}
	for _, v := range p.Decl {
		if value {
			r.opaque[v.Ident[0]] = true
		}
	}
	return value
}

// command reads one command. With piped it has one more argument, which last
// describes.
func (r *treeReader) command(c *parse.CommandNode, dot, piped, last bool) bool {
	name, isFunction := c.Args[0].(*parse.IdentifierNode)
	if !isFunction {
		value := r.operand(c.Args[0], dot)
		for _, a := range c.Args[1:] { // of a method
			last = r.operand(a, dot) || last
		}
		r.exposed(last)
		return value
	}
	args := c.Args[1:]
	opaque := piped && last
	constant := !piped || last
	for _, a := range args {
		one := r.operand(a, dot)
		opaque = opaque || one
		constant = constant && (one || isConstant(a))
	}
	switch kind := functions[name.Ident]; kind {
	case includes:
		name := ""
		if len(args) > 0 {
			name = included(args[0])
		}
		r.dynamic = r.dynamic || name == ""
		r.includes[name] = true
		return false
	case collects:
		r.exposed(opaque && (piped || hides(args)))
		return opaque
	case picks:
		r.exposed(opaque && !constant)
		return opaque
	case passes:
		return opaque
	case tests:
		return false
	case pure:
		r.exposed(opaque)
		return false
	case changing:
		r.exposed(opaque)
		r.volatile = true
		return false
	default:
		r.volatile, r.mutates = true, true
		r.exposed(opaque)
		return false
	}
}

// exposed notes that an opaque value may have been looked into.
func (r *treeReader) exposed(was bool) {
	if was {
		r.volatile, r.shows = true, true
	}
}

// operand says whether a value is opaque.
func (r *treeReader) operand(n parse.Node, dot bool) bool {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return dot && opaqueField(n.Ident)
	case *parse.VariableNode:
		return r.opaque[n.Ident[0]] && opaqueField(n.Ident[1:])
	case *parse.ChainNode:
		return r.operand(n.Node, dot) && opaqueField(n.Field)
	case *parse.PipeNode:
		return r.pipe(n, dot)
	case *parse.IdentifierNode: // a function without arguments
		return r.command(&parse.CommandNode{Args: []parse.Node{n}}, dot, false, false)
	case *parse.StringNode:
		r.exposed(saysMoment(n.Text)) // the file's text may have it with escapes
		return false
	case *parse.NumberNode, *parse.BoolNode, *parse.NilNode:
		return false
	}
	return true
}

// transparent are the keys of the templates' root that lead to nothing else of it.
var transparent = []string{"Values", "Chart", "Capabilities", "Files", "Template"}

// opaqueField says whether a field of an opaque value may be opaque itself.
func opaqueField(path []string) bool {
	switch {
	case len(path) == 0:
		return true
	case slices.Contains(transparent, path[0]):
		return false
	case path[0] == "Release":
		return len(path) < 2 || !slices.Contains([]string{"Name", "Namespace", "Service"}, path[1])
	}
	return true
}

// hides: a dict gives an opaque value one of the names that are trusted, or one
// that is not known here.
func hides(args []parse.Node) bool {
	for i := 0; i < len(args); i += 2 {
		key, ok := args[i].(*parse.StringNode)
		if !ok || slices.Contains(transparent, key.Text) || key.Text == "Release" {
			return true
		}
	}
	return false
}

func isConstant(n parse.Node) bool {
	switch n.(type) {
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode, *parse.NilNode:
		return true
	}
	return false
}
