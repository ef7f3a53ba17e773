//go:build sandbox

package fidelity

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// chartCase is one chart of the corpus and the edits it goes through: one file
// of testdata/charts. In its texts @NS@ stands for the namespace at hand, so
// that cluster-wide names do not collide.
type chartCase struct {
	// About says what the chart is there for.
	About string `json:"about"`
	// Quick charts are tested without FIDELITY=full, too.
	Quick bool `json:"quick"`
	// Namespaces are suffixes of further namespaces: "-b" is @NS@-b.
	Namespaces []string `json:"namespaces"`
	// History is the history limit. Default none, so that the revisions which
	// plain helm makes of nothing push none out that devloop has.
	History int `json:"history"`
	// Generate is whether generated edits follow the written ones. Default yes.
	Generate *bool `json:"generate"`
	// Values are the values file at the beginning.
	Values map[string]any `json:"values"`
	// Files are the chart; Chart.yaml may be left out.
	Files map[string]string `json:"files"`
	// Steps follow the install, which is the first step by itself.
	Steps []step `json:"steps"`
	// Fails is a pattern of the install's errors, where it must fail.
	Fails string `json:"fails"`

	name string
	dir  string // a chart on disk, instead of Files; or an archive
}

// step is one edit of the files, of the cluster by hand, or both, and an upgrade
// after it, or the helm command that is run instead.
type step struct {
	Name string `json:"name"`

	// Values and Set replace what was there.
	Values *map[string]any `json:"values"`
	Set    map[string]any  `json:"set"`
	// Edit replaces text, by file; Write and Remove are of whole files.
	Edit   map[string]map[string]string `json:"edit"`
	Write  map[string]string            `json:"write"`
	Remove []string                     `json:"remove"`
	// Live are edits by hand, before the upgrade.
	Live []liveEdit `json:"live"`

	// NoHooks is helm's --no-hooks.
	NoHooks bool `json:"noHooks"`
	// Rollback is `helm rollback` to this revision; 0 is no rollback. As the
	// plain side has more revisions where nothing changed, those are not counted.
	Rollback int `json:"rollback"`
	// Uninstall is `helm uninstall`: by "plain" helm, by each side's own
	// "engine", or by plain helm with "keep" of the history.
	Uninstall string `json:"uninstall"`
	// Test is `helm test`.
	Test bool `json:"test"`

	// Fails is a pattern of every side's error; empty when none may fail.
	Fails string `json:"fails"`
	// Unchanged says that devloop must find nothing to do here.
	Unchanged bool `json:"unchanged"`
	// Differs is why devloop's objects differ on purpose after this step, as
	// docs/fidelity.md has it. It is an error when they do not.
	Differs string `json:"differs"`
	// Apart says that nothing can be compared from here on.
	Apart bool `json:"apart"`

	generated bool
}

// liveEdit is what a person does with kubectl. The object is
// resource[.group]/name.
type liveEdit struct {
	Patch  string         `json:"patch"`
	Type   string         `json:"type"` // strategic (the default) or merge
	With   map[string]any `json:"with"`
	Delete string         `json:"delete"`
	Create string         `json:"create"` // a manifest
}

const defaultChart = "apiVersion: v2\nname: corpus\nversion: 0.1.0\nappVersion: \"1\"\n"

// corpus reads testdata/charts.
func corpus(t *testing.T) []*chartCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/charts/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no charts: %v", err)
	}
	var out []*chartCase
	for _, path := range paths {
		c, err := readCase(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func readCase(path string) (*chartCase, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &chartCase{name: strings.TrimSuffix(filepath.Base(path), ".yaml")}
	if err := yaml.UnmarshalStrict(data, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.About == "" || len(c.Files) == 0 {
		return nil, fmt.Errorf("%s: about and files must be given", path)
	}
	for _, st := range append([]step{{Fails: c.Fails}}, c.Steps...) {
		if _, err := regexp.Compile(st.Fails); err != nil {
			return nil, fmt.Errorf("%s: step %q: fails: %w", path, st.Name, err)
		}
	}
	if _, ok := c.Files["Chart.yaml"]; !ok {
		c.Files["Chart.yaml"] = defaultChart
	}
	return c, nil
}
