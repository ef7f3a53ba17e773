package scaffold

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
)

// none is the answer that a value's image is not built here.
const none = -1

// images decides for each image value of a chart where its image is built.
func (d *drafter) images(c Chart, release string, r *config.Release) error {
	var open []ImageValue
	for _, v := range c.Images {
		at, sure := d.best(c, v)
		if at == none {
			open = append(open, v)
			continue
		}
		if !sure {
			var err error
			if at, err = d.askWhere(c, v, d.candidates(c, v), 0); err != nil {
				return err
			}
		}
		d.assign(c, v, at, release, r, "")
	}
	return d.leftovers(c, open, release, r)
}

// best is a Build that goes with the value, and whether it is the only one.
func (d *drafter) best(c Chart, v ImageValue) (at int, sure bool) {
	found := d.candidates(c, v)
	if len(found) == 0 {
		return none, false
	}
	return found[0], len(found) == 1
}

// candidates are the Builds with the highest score, and of these the ones nearest
// to the chart.
func (d *drafter) candidates(c Chart, v ImageValue) []int {
	top := 0
	for _, b := range d.s.Builds {
		top = max(top, score(c, v, b))
	}
	var out []int
	for i, b := range d.s.Builds {
		if s := score(c, v, b); s > top-margin && s > 0 {
			out = append(out, i)
		}
	}
	return d.nearest(c, out)
}

// nearest are those of the Builds that have the most folders above in common with
// the chart.
func (d *drafter) nearest(c Chart, at []int) []int {
	most := 0
	for _, i := range at {
		most = max(most, shared(c.Path, d.s.Builds[i].Dockerfile))
	}
	return slices.DeleteFunc(at, func(i int) bool { return shared(c.Path, d.s.Builds[i].Dockerfile) < most })
}

// shared counts the folders two paths begin with alike.
func shared(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n
}

// leftovers are image values that nothing goes with by name. The one value for
// the one Dockerfile that are left go together; otherwise somebody has to say.
func (d *drafter) leftovers(c Chart, open []ImageValue, release string, r *config.Release) error {
	var free []int
	for i := range d.s.Builds {
		if len(d.used[i]) == 0 && !d.wanted(i) {
			free = append(free, i)
		}
	}
	free = d.nearest(c, free)
	own := slices.DeleteFunc(slices.Clone(open), readyMade)
	if len(free) == 1 && len(own) == 1 {
		d.assign(c, own[0], free[0], release, r, "the only two that are left")
		open = slices.DeleteFunc(open, func(v ImageValue) bool { return v == own[0] })
		free = nil
	}
	for _, v := range open {
		at := none
		// A database beside what is built here is no question; a chart whose only
		// image has a well-known name is one that was begun with helm create.
		if len(free) > 0 && (!readyMade(v) || len(r.Images) == 0 && len(own) == 0) {
			likeliest := len(free)
			if readyMade(v) && len(free) == 1 {
				likeliest = 0
			}
			var err error
			if at, err = d.askWhere(c, v, free, likeliest); err != nil {
				return err
			}
		}
		d.assign(c, v, at, release, r, "")
	}
	return nil
}

// wanted: some chart's image value goes with the Build by name.
func (d *drafter) wanted(i int) bool {
	return slices.ContainsFunc(d.s.Charts, func(c Chart) bool {
		return slices.ContainsFunc(c.Images, func(v ImageValue) bool { at, _ := d.best(c, v); return at == i })
	})
}

func (d *drafter) askWhere(c Chart, v ImageValue, at []int, likeliest int) (int, error) {
	q := Question{Text: fmt.Sprintf("Which image goes into %s of chart %s%s?", v.Path, c.Name, now(v)), Likeliest: likeliest}
	for _, i := range at {
		q.Options = append(q.Options, "the one of "+d.s.Builds[i].Dockerfile)
	}
	q.Options = append(q.Options, "none of here, leave it as it is")
	n, err := d.ask(q)
	if err != nil || n >= len(at) {
		return none, err
	}
	return at[n], nil
}

func now(v ImageValue) string {
	if v.Repository == "" {
		return ""
	}
	return " (now " + v.Repository + ")"
}

// assign puts a Build's image into a chart's value.
func (d *drafter) assign(c Chart, v ImageValue, at int, release string, r *config.Release, why string) {
	if at == none {
		if len(d.s.Builds) > 0 || !readyMade(v) {
			d.Left = append(d.Left, fmt.Sprintf("%s of chart %s%s: not built here", v.Path, c.Name, now(v)))
		}
		return
	}
	b := d.s.Builds[at]
	name, known := d.names[at]
	if !known {
		name = d.imageName(c, v, b)
		d.names[at] = name
		d.Project.Images[name] = imageOf(b)
	}
	r.Images[v.Path] = name
	d.used[at] = append(d.used[at], v.Path+" of "+release)
	text := fmt.Sprintf("  %s gets image %s, built from %s", v.Path, name, b.Dockerfile)
	if why != "" {
		text += ": " + why
	}
	d.Told = append(d.Told, text)
	if known {
		return
	}
	if len(b.Prebuild) > 0 {
		d.Told = append(d.Told, fmt.Sprintf("  %s is prebuilt by %s: %s", name, strings.Join(b.Prebuild, " "), b.Because))
	}
	d.needIgnoring(name, b)
}

// needIgnoring collects what lies in a build's context without being for it: each
// edit of that would build the image anew.
func (d *drafter) needIgnoring(name string, b Build) {
	abs := func(p string) string { return filepath.Join(d.s.Dir, filepath.FromSlash(p)) }
	skip, err := build.Spec{Name: name, Context: abs(b.Context), Dockerfile: abs(b.Dockerfile)}.Ignore()
	if err != nil {
		return // the build says what is wrong with it
	}
	check := func(p, probe string) {
		rel := p
		if b.Context != "." {
			var inside bool
			if rel, inside = strings.CutPrefix(p, b.Context+"/"); !inside {
				return
			}
		}
		if file := path.Join(b.Context, ".dockerignore"); rel != "." && !skip(path.Join(rel, probe), false) && !slices.Contains(d.ignore[file], "/"+rel) {
			d.ignore[file] = append(d.ignore[file], "/"+rel)
		}
	}
	check(config.DefaultFile, "")
	for _, c := range d.s.Charts {
		check(c.Path, "Chart.yaml")
	}
	for _, v := range d.s.Values {
		if !slices.ContainsFunc(d.s.Charts, func(c Chart) bool { return inside(v, c.Path) }) {
			check(v, "")
		}
	}
}

func imageOf(b Build) config.Image {
	im := config.Image{Context: b.Context, Prebuild: b.Prebuild}
	if file, err := filepath.Rel(filepath.FromSlash(b.Context), filepath.FromSlash(b.Dockerfile)); err == nil && filepath.ToSlash(file) != "Dockerfile" {
		im.Dockerfile = filepath.ToSlash(file)
	}
	return im
}

// imageName is what the chart calls the image, unless that is a name of somebody
// else's image, or taken.
func (d *drafter) imageName(c Chart, v ImageValue, b Build) string {
	names := append([]string{ownerOf(c, v)}, b.Names...)
	if v.Repository != "" && !readyMade(v) {
		names = append([]string{path.Base(v.Repository)}, b.Names...)
	}
	for _, n := range append(names, strings.ReplaceAll(b.Context, "/", "-")) {
		n = strings.ToLower(n)
		if _, taken := d.Project.Images[n]; !taken && validImage(n) {
			return n
		}
	}
	for i := 1; ; i++ {
		n := fmt.Sprintf("image-%d", i)
		if _, taken := d.Project.Images[n]; !taken {
			return n
		}
	}
}

// validImage: the name can be a repository, and is not all hexadecimal digits of
// an id.
func validImage(name string) bool {
	_, err := reference.ParseNormalizedNamed(name)
	return err == nil && !strings.ContainsAny(name, ":@")
}
