package scaffold

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// local are the words by which a values file is for one's own machine, the surest
// first.
var local = []string{"local", "minikube", "kind", "k3d", "sandbox", "dev", "development", "devloop"}

// values finds the values files of a chart, and takes the one for local use.
func (d *drafter) values(c Chart, all []Chart, release string, r *config.Release) error {
	var mine, best []string
	rank := len(local)
	for _, file := range d.s.Values {
		if !belongs(file, c, all) {
			continue
		}
		mine = append(mine, file)
		switch n := localness(file); {
		case n < rank:
			best, rank = []string{file}, n
		case n == rank && n < len(local):
			best = append(best, file)
		}
	}
	chosen := best
	if len(best) > 1 {
		q := Question{Text: "Which values does release " + release + " get?", Options: append(slices.Clone(best), "all of these, the last winning")}
		n, err := d.ask(q)
		if err != nil {
			return err
		}
		if n < len(best) {
			chosen = best[n : n+1]
		}
	}
	r.Values = chosen
	for _, file := range chosen {
		d.Told = append(d.Told, "  values "+file)
	}
	others := slices.DeleteFunc(mine, func(file string) bool { return slices.Contains(chosen, file) })
	if len(others) > 0 {
		d.Notes["releases."+release+".values"] = "not used: " + strings.Join(others, ", ")
		d.Left = append(d.Left, "values "+strings.Join(others, ", ")+": not taken; what is meant goes under values: of release "+release)
	}
	return nil
}

func localness(file string) int {
	of := append(words(path.Base(file)), words(path.Base(path.Dir(file)))...)
	for i, w := range local {
		if slices.Contains(of, w) {
			return i
		}
	}
	return len(local)
}

// belongs: the file lies in the chart, or names it, or there is no other chart
// that it could be for.
func belongs(file string, c Chart, all []Chart) bool {
	if inside(file, c.Path) {
		// With a chart at the top everything is inside it: the innermost one counts.
		return !slices.ContainsFunc(all, func(o Chart) bool { return len(o.Path) > len(c.Path) && inside(file, o.Path) })
	}
	if slices.ContainsFunc(all, func(o Chart) bool { return o.Path != c.Path && o.Path != "." && inside(file, o.Path) }) {
		return false
	}
	if len(all) == 1 {
		return true
	}
	named := words(strings.TrimSuffix(file, filepath.Ext(file)))
	names := func(o Chart) bool { return within(words(o.Name), named) && len(words(o.Name)) <= len(named) }
	return names(c) && !slices.ContainsFunc(all, func(o Chart) bool {
		return o.Path != c.Path && names(o) && len(words(o.Name)) > len(words(c.Name))
	})
}

func inside(file, folder string) bool { return folder == "." || strings.HasPrefix(file, folder+"/") }
