package deploy

import (
	"bytes"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// renderings remembers each release's last rendering and renders of a changed chart
// only the templates whose output may be another one: those that changed, those that
// include such a one, and those that may come out different each time. Any other
// template is given what it came to before: its facts say that it shows nothing but
// its text, the values, the chart and what the cluster offers, and these are
// compared. Where that cannot be known, all is rendered. It is safe for concurrent
// use.
type renderings struct {
	mu   sync.Mutex
	last map[string]*renderedChart // by namespace/name
}

// renderedChart is what was rendered, and to what.
type renderedChart struct {
	files  map[string]*templateFile // by full path
	rest   []chartRest
	values chartutil.Values
	out    map[string]string // not written to
}

// templateFile is a file of templates; its facts are read when they are asked for.
type templateFile struct {
	data  []byte
	facts *fileFacts
}

// chartRest is what of one chart of a tree templates can see beside templates.
type chartRest struct {
	path     string
	metadata *chart.Metadata
	files    []*chart.File
}

func newRenderings() *renderings {
	return &renderings{last: map[string]*renderedChart{}}
}

// render renders a chart of a release, whose dependencies are resolved, by engine. The
// outcome is the caller's own.
func (r *renderings) render(release string, ch *chart.Chart, values chartutil.Values, engine func(*chart.Chart) (map[string]string, error)) (map[string]string, error) {
	now := &renderedChart{files: map[string]*templateFile{}, values: values}
	now.collect(ch)
	part, out, kept := r.begin(release, ch, now)
	fresh, err := engine(part)
	if err != nil {
		return nil, err
	}
	for name, text := range fresh {
		if !kept(name) {
			out[name] = text
		}
	}
	now.out = out
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[release] = now
	return maps.Clone(out), nil
}

// begin gives what of a chart is to be rendered, what the last rendering came to and
// which files' part of that is kept.
func (r *renderings) begin(release string, ch *chart.Chart, now *renderedChart) (*chart.Chart, map[string]string, func(string) bool) {
	none := func(string) bool { return false }
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.last[release]
	if was == nil || !was.comparable(now) {
		return ch, map[string]string{}, none
	}
	fresh, ok := now.fresh(was)
	if !ok {
		return ch, map[string]string{}, none
	}
	return only(ch, fresh), maps.Clone(was.out), func(name string) bool { return !fresh[name] }
}

func (n *renderedChart) collect(ch *chart.Chart) {
	at := ch.ChartFullPath()
	n.rest = append(n.rest, chartRest{at, ch.Metadata, ch.Files})
	for _, t := range ch.Templates {
		if t != nil {
			n.files[path.Join(at, t.Name)] = &templateFile{data: t.Data}
		}
	}
	for _, dep := range ch.Dependencies() {
		n.collect(dep)
	}
}

// comparable says whether nothing but the content of templates differs.
func (n *renderedChart) comparable(o *renderedChart) bool {
	if len(n.files) != len(o.files) || len(n.rest) != len(o.rest) {
		return false
	}
	for name := range n.files {
		if o.files[name] == nil {
			return false
		}
	}
	for i, a := range n.rest {
		b := o.rest[i]
		if a.path != b.path || !reflect.DeepEqual(a.metadata, b.metadata) || !slices.EqualFunc(a.files, b.files, sameFile) {
			return false
		}
	}
	return n.values["Capabilities"] == o.values["Capabilities"] && reflect.DeepEqual(n.values["Values"], o.values["Values"])
}

func sameFile(a, b *chart.File) bool {
	return a == b || a != nil && b != nil && a.Name == b.Name && bytes.Equal(a.Data, b.Data)
}

// fresh are the files that must be rendered anew since a rendering, with those that
// they need for that; false where that may be any.
func (n *renderedChart) fresh(was *renderedChart) (map[string]bool, bool) {
	changed := map[string]bool{}
	for name, file := range n.files {
		before := was.files[name]
		if bytes.Equal(before.data, file.data) {
			n.files[name] = before
			continue
		}
		changed[name] = true
		if f := before.read(name); !f.plain() || len(f.defines) > 0 || len(file.read(name).defines) > 0 {
			return nil, false
		}
	}
	fresh, named := map[string]bool{}, templates{}
	for name, file := range n.files {
		f := file.read(name)
		if !f.plain() {
			return nil, false
		}
		named.add(name, f.own)
		for define, facts := range f.defines {
			if n.files[define] != nil {
				return nil, false // one of the two is not executed
			}
			named.add(define, facts)
			fresh[name] = true // it may be included
		}
	}
	reached := map[string]facts{}
	for name := range n.files {
		if strings.HasPrefix(path.Base(name), "_") {
			continue // of no output itself
		}
		again, dynamic := named.again(name, changed, reached)
		if dynamic {
			return nil, false
		}
		if !again && !fresh[name] {
			continue
		}
		fresh[name] = true
		for included := range named.reach(name, reached).includes {
			if n.files[included] != nil {
				fresh[included] = true
			}
		}
	}
	return fresh, len(fresh) < len(n.files)
}

func (t *templateFile) read(name string) *fileFacts {
	if t.facts == nil {
		f := factsOf(name, string(t.data))
		t.facts = &f
	}
	return t.facts
}

// plain: the file can be read, and leaves alone what others read.
func (f *fileFacts) plain() bool {
	if f.bad || f.own.mutates {
		return false
	}
	for _, d := range f.defines {
		if d.mutates {
			return false
		}
	}
	return true
}

// only is a chart of which the other files are empty. They stay, as the engine tells
// a chart which file of a subchart it rendered last (.Subcharts.x.Template).
func only(ch *chart.Chart, files map[string]bool) *chart.Chart {
	out, at := *ch, ch.ChartFullPath()
	out.Templates = slices.Clone(ch.Templates)
	for i, t := range out.Templates {
		if t != nil && !files[path.Join(at, t.Name)] {
			out.Templates[i] = &chart.File{Name: t.Name}
		}
	}
	var deps []*chart.Chart
	for _, dep := range ch.Dependencies() {
		deps = append(deps, only(dep, files))
	}
	out.SetDependencies(deps...)
	return &out
}
