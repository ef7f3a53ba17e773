package deploy

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// grammar makes up templates that look at and hand on all that templates can reach.
// They may fail when they run.
type grammar struct {
	*rand.Rand
	wild bool // they also write into it, and run text
}

// fileOfRank and nameOfRank are what templates include. A template includes only
// those of a lower rank, so that none includes itself.
var (
	filesByRank = []string{
		"c/templates/a.yaml", "c/templates/deep/b.yaml", "c/charts/sub/templates/a.yaml", "c/charts/sub/charts/leaf/templates/a.yaml",
		"c/templates/_p.yaml", "c/charts/sub/templates/b.yaml", "c/templates/c.yaml", "c/templates/NOTES.txt", "c/charts/lib/templates/_l.tpl",
		"c/templates/_h.tpl", "c/charts/sub/templates/_h.tpl",
	}
	namesByRank = []string{"n0", "n1", "n2", "n3", "n4"}
)

func (g grammar) of(choices ...string) string { return choices[g.IntN(len(choices))] }

// file is a file's text.
func (g grammar) file(rank int) string {
	var b strings.Builder
	if g.IntN(5) == 0 || strings.HasSuffix(filesByRank[rank], ".tpl") {
		for range 1 + g.IntN(2) {
			n := g.IntN(len(namesByRank))
			name := namesByRank[n]
			if g.IntN(12) == 0 {
				name = filesByRank[g.IntN(len(filesByRank))] // takes a file's place
			}
			fmt.Fprintf(&b, "{{ %s %q }}%s{{ end }}", "define", name, g.body(scope{names: n}, 2))
		}
	}
	b.WriteString(g.body(scope{names: len(namesByRank), files: rank}, 3))
	return b.String()
}

// scope is what may be included.
type scope struct{ names, files int }

func (g grammar) body(s scope, depth int) string {
	var b strings.Builder
	b.WriteString("{{ $v := 1 }}")
	for range 1 + g.IntN(3) {
		b.WriteString(g.statement(s, depth) + "\n")
	}
	return b.String()
}

func (g grammar) statement(s scope, depth int) string {
	if depth == 0 {
		return g.of("text", "{{ "+g.text(s, 0)+" }}")
	}
	d := depth - 1
	switch g.IntN(22) {
	case 0:
		return fmt.Sprintf("{{ if %s }}%s{{ else }}%s{{ end }}", g.test(s, d), g.statement(s, d), g.statement(s, d))
	case 1:
		return fmt.Sprintf("{{ with %s }}%s{{ else }}%s{{ end }}", g.value(s, d), g.statement(s, d), g.statement(s, d))
	case 2:
		return fmt.Sprintf("{{ range $k, $e := %s }}{{ toJson $e | trunc 300 }}%s{{ end }}", g.value(s, d), g.statement(s, d))
	case 3:
		return fmt.Sprintf("{{ $v %s %s }}%s", g.of(":=", "="), g.value(s, d), g.statement(s, d))
	case 4:
		if s.names > 0 {
			return fmt.Sprintf("{{ template %q %s }}", namesByRank[g.IntN(s.names)], g.context(s, d))
		}
	case 5:
		if g.wild && g.IntN(2) == 0 {
			return "{{ " + g.mutation(s, d) + " }}"
		}
	case 6:
		if g.wild && g.IntN(6) == 0 {
			return fmt.Sprintf("{{ tpl %s %s }}", g.of("$.Values.t", `($.Files.Get "t")`, "(toString $v)"), g.context(s, d))
		}
	case 7:
		if g.IntN(3) == 0 {
			return "{{ " + g.of("$.Release.Revision", "$.Release.IsUpgrade | toString", `get $.Release "Revision"`, "toYaml $.Release", "toYaml $", "toJson .", `index $ (print "Rel" "ease") "IsUpgrade"`, "toYaml $.Subcharts", "$.Subcharts.sub.Template.Name") + " }}"
		}
	}
	return "{{ " + g.text(s, d) + " }}"
}

func (g grammar) mutation(s scope, depth int) string {
	return g.of(
		`$_ := set $.Values "a" `+g.text(s, depth),
		`$_ := set (dig "m" (dict) $.Values) "x" `+g.text(s, depth),
		`$_ := unset $.Values "b"`,
		`$_ := merge $.Values (dict "n" "new" "m" (dict "z" "z"))`,
		`$_ := mergeOverwrite (default (dict) $.Values.m) (dict "x" "over")`,
		`$_ := set $ "Extra" `+g.text(s, depth),
		`$_ := set $.Release "Name" "other"`,
		`$_ := set $.Chart.Annotations "k" (print $.Chart.Annotations.k "!")`,
		`$_ := sortAlpha $.Chart.Keywords`,
	)
}

// text is an expression for something to print.
func (g grammar) text(s scope, depth int) string {
	if depth == 0 {
		return g.of("(toString $.Values.a)", "$.Release.Name", "$.Chart.Version", "$.Template.Name", `($.Files.Get "f")`, `"lit"`, "(toString $.Values.b)",
			`(toString ((.Values).m).x)`, "(toYaml $.Values.l)", "(toJson $.Chart.Keywords)", "$.Chart.Annotations.k", `($.Capabilities.APIVersions.Has "x/v1" | toString)`)
	}
	d := depth - 1
	switch g.IntN(12) {
	case 0:
		return fmt.Sprintf("(%s | %s)", g.text(s, d), g.of("quote", "upper", "trunc 9", "sha256sum", "b64enc", "indent 2", "replace \"a\" \"b\"", "trim", "toString", "default \"d\""))
	case 1:
		return fmt.Sprintf("(%s %s)", g.of("toYaml", "toJson", "len", "kindOf"), g.value(s, d))
	case 2, 3:
		if s.names > 0 {
			return fmt.Sprintf("(include %q %s)", namesByRank[g.IntN(s.names)], g.context(s, d))
		}
	case 4, 9:
		if s.files > 0 {
			file := filesByRank[g.IntN(s.files)]
			if rest, ok := strings.CutPrefix(file, "c/templates"); ok && g.IntN(2) == 0 {
				return fmt.Sprintf("(include (print $.Template.BasePath %q) %s)", rest, g.of(".", "$"))
			}
			return fmt.Sprintf("(include %q %s)", file, g.context(s, d))
		}
	case 5:
		return fmt.Sprintf("(ternary %s %s %s)", g.text(s, d), g.text(s, d), g.test(s, d))
	case 6:
		return fmt.Sprintf(`(dig %q %q "none" %s)`, g.of("Values", "Release", "m", "Chart"), g.of("a", "Name", "x"), g.of(".", "$", "$.Values"))
	case 7:
		return fmt.Sprintf("(toJson (first (list %s %s)))", g.value(s, d), g.text(s, d))
	case 8:
		return fmt.Sprintf("(printf %q %s)", "%s-x", g.text(s, d))
	}
	return g.text(s, 0)
}

func (g grammar) value(s scope, depth int) string {
	if depth == 0 {
		return g.of("$.Values.m", "$.Values.l", "$.Values", "$v", `(dict "a" 1)`, "(list 1 2)", "(index $.Values.l 0)", "$.Chart.Annotations", "$.Values.none", `($.Files.Glob "*")`, ".", "$.Release.Name")
	}
	d := depth - 1
	return g.of(
		fmt.Sprintf(`(dict "k" %s "m" (dict "x" %s))`, g.value(s, d), g.text(s, d)),
		fmt.Sprintf("(list %s %s)", g.value(s, d), g.text(s, d)),
		fmt.Sprintf("(default %s %s)", g.value(s, d), g.value(s, d)),
		fmt.Sprintf(`(pick $.Values %q "m")`, g.of("a", "b")), `(omit $.Values "sub" "global")`, "(deepCopy $.Values.m)",
		fmt.Sprintf("(coalesce %s %s)", g.value(s, d), g.value(s, d)),
		fmt.Sprintf("(fromYaml (toYaml %s))", g.value(s, d)),
		"(reverse $.Values.l | uniq)", "(concat $.Values.l $.Chart.Keywords)", `(pluck "x" $.Values.m)`, "$.Values.sub", "$.Values.global",
	)
}

func (g grammar) test(s scope, depth int) string {
	return g.of(
		"$.Values.b", fmt.Sprintf("(eq %s %s)", g.text(s, 0), g.text(s, 0)), `(hasKey $.Values "n")`, fmt.Sprintf("(empty %s)", g.value(s, depth)),
		fmt.Sprintf("(not %s)", g.value(s, depth)), `(kindIs "map" .)`, "(and $.Values.a $.Values.b)", "$.Chart.IsRoot", "$.Release.IsInstall", `(contains "a" (toString $.Values.a))`,
	)
}

// context is what an included template is given.
func (g grammar) context(s scope, depth int) string {
	return g.of(".", "$", fmt.Sprintf(`(dict "Values" $.Values "Chart" $.Chart "Files" $.Files "Template" $.Template "Release" $.Release "Capabilities" $.Capabilities "k" %s)`, g.text(s, depth)),
		`(dict "ctx" $ "Values" .)`, "$.Values", "(list $ 1)", "$.Release", "(deepCopy $)", g.value(s, depth))
}
