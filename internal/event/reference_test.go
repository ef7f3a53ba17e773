package event

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/filetest"
)

var update = flag.Bool("update", false, "write the tables of docs/events.md anew")

// reference is where the tables of all events stand, between these two lines.
const (
	reference      = "../../docs/events.md"
	referenceBegin = "<!-- Every event: written by go test ./internal/event -run Reference -update -->\n"
	referenceEnd   = "<!-- end of every event -->\n"
)

func TestTheReferenceInTheDocsIsThatOfTheTypes(t *testing.T) {
	before := filetest.Block(t, *update, reference, referenceBegin, referenceEnd, tables(t),
		"it does not tell what the types say: run go test ./internal/event -run Reference -update, and see Version")
	if version := fmt.Sprintf("`v` is %d", Version); !strings.Contains(before, version) {
		t.Errorf("%s does not say that %s", reference, version)
	}
}

// source is what the package's own text says of its types.
type source struct {
	kinds   map[string]string // of an event -> its type
	structs map[string]*ast.StructType
	docs    map[string]string // of a type
}

func read(t *testing.T) source {
	t.Helper()
	s := source{map[string]string{}, map[string]*ast.StructType{}, map[string]string{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "Kind" && d.Recv != nil {
					literal := d.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit)
					kind, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					s.kinds[kind] = d.Recv.List[0].Type.(*ast.Ident).Name
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if typ, ok := spec.(*ast.TypeSpec); ok {
						if of, ok := typ.Type.(*ast.StructType); ok {
							s.structs[typ.Name.Name], s.docs[typ.Name.Name] = of, oneLine(d.Doc)
						}
					}
				}
			}
		}
	}
	return s
}

// tables draws a table for each event, by name, and for the types within them.
func tables(t *testing.T) string {
	t.Helper()
	s := read(t)
	var b strings.Builder
	draw := func(title, typ string, inner map[string]bool) {
		about := s.docs[typ]
		if text, ok := strings.CutPrefix(about, typ+": "); ok {
			about = strings.ToUpper(text[:1]) + text[1:]
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| field | value | meaning |\n|---|---|---|\n", title, about)
		for _, f := range s.structs[typ].Fields.List {
			name, options, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			value := s.value(f.Type, inner)
			if strings.Contains(options, "omit") {
				value += ", or left out"
			}
			text := strings.TrimSpace(oneLine(f.Doc) + " " + oneLine(f.Comment))
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, value, strings.ReplaceAll(text, "|", `\|`))
		}
	}
	within := map[string]bool{}
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		draw("`"+kind+"`", s.kinds[kind], within)
	}
	drawn := map[string]bool{}
	for _, typ := range s.kinds {
		drawn[typ] = true
	}
	for next := true; next; {
		next = false
		for _, typ := range slices.Sorted(maps.Keys(within)) {
			if !drawn[typ] {
				drawn[typ], next = true, true
				draw(typ, typ, within)
			}
		}
	}
	return b.String() + "\n"
}

// value says in words what a field's type is in JSON, and notes the types in it.
func (s source) value(e ast.Expr, inner map[string]bool) string {
	switch e := e.(type) {
	case *ast.ArrayType:
		return "list of: " + s.value(e.Elt, inner)
	case *ast.MapType:
		return "object, of: " + s.value(e.Value, inner)
	case *ast.StarExpr:
		return s.value(e.X, inner)
	case *ast.SelectorExpr:
		if e.Sel.Name == "Duration" {
			return "nanoseconds"
		}
		return "time, RFC 3339"
	case *ast.Ident:
		switch e.Name {
		case "string", "Verdict":
			return "text"
		case "bool":
			return "true or false"
		case "int", "int64":
			return "number"
		}
		if s.structs[e.Name] != nil {
			inner[e.Name] = true
			return e.Name
		}
		return e.Name
	}
	return fmt.Sprintf("%T", e)
}

func oneLine(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	return strings.Join(strings.Fields(g.Text()), " ")
}
