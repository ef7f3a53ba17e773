package scaffold

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
)

// Question is put where several answers are as good.
type Question struct {
	Text    string
	Options []string
	// Likeliest is the index of the option that is taken when nobody is asked.
	Likeliest int
}

// Ask answers a question with the index of an option.
type Ask func(Question) (int, error)

// Likeliest answers as somebody in a hurry would.
func Likeliest(q Question) (int, error) { return q.Likeliest, nil }

// Unsure is a question that nobody is there to answer.
type Unsure struct{ Question }

// Error is the question with its options.
func (e *Unsure) Error() string {
	return fmt.Sprintf("%s: %s", strings.TrimSuffix(e.Text, "?"), strings.Join(e.Options, "; or "))
}

// Never gives *Unsure for any question.
func Never(q Question) (int, error) { return 0, &Unsure{q} }

// Draft is a devloop.yaml to be.
type Draft struct {
	// Project has relative paths, as in the file.
	Project config.Project
	// Told says what was decided and why, Left what was found and not used, each in
	// a line.
	Told, Left []string
	// Notes are comments for the file, by key path as in releases.shop.values.
	Notes map[string]string
}

// NoChart is a folder without a chart.
type NoChart struct{ Dir string }

// Error says where was looked.
func (e *NoChart) Error() string { return "there is no Helm chart in " + e.Dir + " or below it" }

// Draft decides what the devloop.yaml says. It returns *NoChart when there is no
// chart, and what ask returns.
func (s *Survey) Draft(ask Ask) (*Draft, error) {
	if len(s.Charts) == 0 {
		return nil, &NoChart{s.Dir}
	}
	charts, err := s.choose(ask)
	if err != nil {
		return nil, err
	}
	d := &drafter{s: s, ask: ask, names: map[int]string{}, used: map[int][]string{}, ignore: map[string][]string{}, Draft: &Draft{Notes: map[string]string{}}}
	d.Project = config.Project{APIVersion: config.APIVersion, Name: s.name(charts),
		Images: map[string]config.Image{}, Releases: map[string]config.Release{}}
	for _, c := range charts {
		if err := d.release(c, charts); err != nil {
			return nil, err
		}
	}
	d.forwards()
	d.rest(charts)
	return d.Draft, nil
}

type drafter struct {
	*Draft
	s     *Survey
	ask   Ask
	names map[int]string   // Build -> image
	used  map[int][]string // Build -> where
	// ignore are lines that ignore files lack, by file.
	ignore map[string][]string
}

// choose asks which charts are meant when there are several.
func (s *Survey) choose(ask Ask) ([]Chart, error) {
	if len(s.Charts) == 1 {
		return s.Charts, nil
	}
	var paths []string
	for _, c := range s.Charts {
		paths = append(paths, c.Path)
	}
	q := Question{Text: "Which charts are deployed?", Options: []string{"all of them: " + strings.Join(paths, ", ")}}
	for _, p := range paths {
		q.Options = append(q.Options, "only "+p)
	}
	n, err := ask(q)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return s.Charts, nil
	}
	return s.Charts[n-1 : n], nil
}

// name is the project's: its folder's, or the chart's where that is no name.
func (s *Survey) name(charts []Chart) string {
	for _, name := range []string{filepath.Base(s.Dir), charts[0].Name} {
		if l := Label(name, 63); l != "" {
			return l
		}
	}
	return "project"
}

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// Label makes a name of lower-case letters, digits and dashes, at most so many; it
// may be empty.
func Label(name string, most int) string {
	name = strings.Trim(notLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.Trim(name[:min(len(name), most)], "-")
}

func (d *drafter) release(c Chart, all []Chart) error {
	name := Label(strings.TrimSuffix(strings.TrimSuffix(c.Name, "-chart"), "-helm"), 53)
	if _, taken := d.Project.Releases[name]; taken || name == "" {
		name = Label(path.Join(path.Dir(c.Path), c.Name), 53)
	}
	r := config.Release{Chart: c.Path, Images: map[string]string{}}
	d.Told = append(d.Told, fmt.Sprintf("release %s: chart %s", name, shown(c.Path)))
	if err := d.values(c, all, name, &r); err != nil {
		return err
	}
	if err := d.images(c, name, &r); err != nil {
		return err
	}
	d.Left = append(d.Left, c.Unsettable...)
	d.Project.Releases[name] = r
	return nil
}

// rest tells what was found and not used.
func (d *drafter) rest(charts []Chart) {
	for i, b := range d.s.Builds {
		if len(d.used[i]) == 0 {
			d.Left = append(d.Left, fmt.Sprintf("%s: no image value of a chart goes with it", b.Dockerfile))
		}
	}
	for _, c := range d.s.Charts {
		if !slices.ContainsFunc(charts, func(o Chart) bool { return o.Path == c.Path }) {
			d.Left = append(d.Left, c.Path+": not chosen")
		}
	}
	for _, file := range slices.Sorted(maps.Keys(d.ignore)) {
		d.Left = append(d.Left, fmt.Sprintf("%s: an edit of what is not for the image builds it anew; add %s", file, strings.Join(d.ignore[file], " ")))
	}
	for i, name := range d.names {
		d.Notes["images."+name] = strings.Join(d.used[i], ", ")
	}
}

func shown(p string) string {
	if p == "." {
		return "in this folder"
	}
	return p
}

// Short is the draft in a few words.
func (d *Draft) Short() string {
	var parts []string
	for _, name := range d.Project.ReleaseNames() {
		parts = append(parts, fmt.Sprintf("release %s from %s", name, d.Project.Releases[name].Chart))
	}
	for _, name := range d.Project.ImageNames() {
		parts = append(parts, fmt.Sprintf("image %s from %s", name, d.Project.Images[name].Context))
	}
	return strings.Join(parts, ", ")
}
