package deploy

import (
	"bytes"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
)

// momentWords are the keys of .Release that are different from one revision to the
// next.
var momentWords = []string{"Revision", "IsInstall", "IsUpgrade"}

func saysMoment(text string) bool {
	return slices.ContainsFunc(momentWords, func(w string) bool { return strings.Contains(text, w) })
}

// tellsMoment says whether what was rendered last of a release may show which
// revision it is.
func (r *renderings) tellsMoment(release string, ch *chart.Chart, vals map[string]any) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last[release]
	if last == nil {
		return true
	}
	runs := false // text from elsewhere
	for name, file := range last.files {
		if file.read(name).shows() {
			return true
		}
		runs = runs || bytes.Contains(file.data, []byte("tpl"))
	}
	return runs && (show(vals) || chartShows(ch))
}

func (f *fileFacts) shows() bool {
	for _, d := range f.defines {
		if d.shows {
			return true
		}
	}
	return f.bad || f.own.shows
}

// chartShows says it of the default values and files of a chart and its subcharts.
func chartShows(ch *chart.Chart) bool {
	if show(ch.Values) {
		return true
	}
	for _, f := range ch.Files {
		if f != nil && bytes.Contains(f.Data, []byte("{{")) && show(string(f.Data)) {
			return true
		}
	}
	for _, dep := range ch.Dependencies() {
		if chartShows(dep) {
			return true
		}
	}
	return false
}

// show says it of the texts in a value, were they run as templates.
func show(v any) bool {
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "{{") {
			return false
		}
		f := factsOf("", v)
		return f.shows()
	case map[string]any:
		for _, item := range v {
			if show(item) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if show(item) {
				return true
			}
		}
	}
	return false
}
