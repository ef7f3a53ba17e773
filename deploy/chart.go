package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// yamlLine finds the line in a YAML parser's error.
var yamlLine = regexp.MustCompile(`(?:yaml: )?line (\d+)`)

// loadChart reads a chart from disk.
func loadChart(rel Release) (*chart.Chart, error) {
	if _, err := os.Stat(rel.Chart); errors.Is(err, fs.ErrNotExist) {
		return nil, &RenderError{Release: rel.Name, File: rel.Chart,
			Message: "there is no such chart folder or .tgz", Hint: "correct the release's chart"}
	}
	ch, err := loader.Load(rel.Chart)
	if err != nil {
		return nil, chartError(rel, err)
	}
	if err := checkChart(rel, ch); err != nil {
		return nil, err
	}
	return ch, nil
}

// checkChart says what stands in the way of an install of the chart.
func checkChart(rel Release, ch *chart.Chart) error {
	switch ch.Metadata.Type {
	case "", "application":
	default:
		return &RenderError{Release: rel.Name, File: inChart(rel, "Chart.yaml"),
			Message: fmt.Sprintf("a chart of type %q cannot be installed", ch.Metadata.Type)}
	}
	if err := action.CheckDependencies(ch, ch.Metadata.Dependencies); err != nil {
		return &RenderError{Release: rel.Name, File: inChart(rel, "Chart.yaml"),
			Message: err.Error(), Hint: "a packed chart must hold its dependencies: run `helm dependency build` before `helm package`", Err: err}
	}
	return nil
}

// subchart finds, in a loading error, the way down to the subchart it is about.
var subchart = regexp.MustCompile(`error unpacking subchart (\S+) in \S+:`)

// chartError says which of a chart's own files cannot be read, and where.
func chartError(rel Release, err error) error {
	text, folder := err.Error(), ""
	for _, m := range subchart.FindAllStringSubmatch(text, -1) {
		folder += "charts/" + m[1] + "/"
	}
	file := strings.TrimSuffix(folder, "/")
	if !strings.HasSuffix(file, ".tgz") {
		for _, name := range []string{"Chart.yaml", "values.yaml", "Chart.lock", "requirements.yaml"} {
			if strings.Contains(text, name) {
				file = folder + name
				break
			}
		}
	}
	if strings.Contains(text, "validation: chart.metadata") {
		file = folder + "Chart.yaml"
	}
	e := &RenderError{Release: rel.Name, File: inChart(rel, file), Message: text, Err: err}
	if strings.Contains(text, "converting YAML to JSON") {
		if data, readErr := os.ReadFile(e.File); readErr == nil {
			e.Line = faultLine(data, err)
		}
	}
	return e
}

// lineOf is the line a YAML error names, or 0.
func lineOf(err error) int {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, convErr := strconv.Atoi(m[1])
	if convErr != nil {
		return 0
	}
	return n
}

// inChart is the path of a file of the chart: on disk where the chart is a
// folder, else below the archive's name.
func inChart(rel Release, name string) string {
	return filepath.Join(rel.Chart, filepath.FromSlash(name))
}

// chartFile turns a template's name, which helm begins with the chart's name,
// into a path relative to the chart's root.
func chartFile(template string) string {
	if _, rest, ok := strings.Cut(template, "/"); ok {
		return rest
	}
	return template
}
