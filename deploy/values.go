package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/internal/overlay"
)

// releaseValues merges what the release gives the chart, in helm's order:
// values files from left to right, then Set, then SetFiles, then Images.
func releaseValues(rel Release, ch *chart.Chart) (map[string]any, error) {
	vals := map[string]any{}
	for _, file := range rel.Values {
		next, err := readValues(rel, file)
		if err != nil {
			return nil, err
		}
		vals = overlay.Maps(vals, next)
	}
	for _, key := range slices.Sorted(maps.Keys(rel.Set)) {
		if err := setValue(vals, key, rel.Set[key]); err != nil {
			return nil, fmt.Errorf("render release %s: set %s: %w", rel.Name, key, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rel.SetFiles)) {
		if err := setFile(rel, vals, key, rel.SetFiles[key]); err != nil {
			return nil, err
		}
	}
	if len(rel.Images) == 0 {
		return vals, nil
	}
	merged, err := chartutil.CoalesceValues(aliased(ch), vals)
	if err != nil {
		return nil, fmt.Errorf("render release %s: merge values: %w", rel.Name, err)
	}
	for _, path := range slices.Sorted(maps.Keys(rel.Images)) {
		if err := setImage(rel, vals, merged, path, rel.Images[path]); err != nil {
			return nil, err
		}
	}
	return vals, nil
}

func readValues(rel Release, file string) (map[string]any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, unreadable(rel, file, err)
	}
	vals := map[string]any{}
	if err := yaml.Unmarshal(data, &vals); err != nil {
		message, line := "is not YAML: "+lastPart(err.Error()), faultLine(data, err)
		if strings.Contains(err.Error(), "cannot unmarshal") {
			message = "must hold a map of values at the top: " + lastPart(err.Error())
		}
		return nil, &RenderError{Release: rel.Name, File: file, Line: line, Message: message, Err: err}
	}
	return vals, nil
}

// unreadable says why a file of values cannot be read.
func unreadable(rel Release, file string, err error) error {
	var at *fs.PathError
	cause := err
	if errors.As(err, &at) {
		cause = at.Err // the file is named already
	}
	e := &RenderError{Release: rel.Name, File: file, Message: "cannot be read: " + cause.Error(), Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		e.Hint = "make it, or correct the release's values"
	}
	return e
}

// setFile sets one key to the text of a file, by the path rules of helm's
// --set-file.
func setFile(rel Release, vals map[string]any, key, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return unreadable(rel, file, err)
	}
	// The parser asks for what stands behind the equals sign: any name will do.
	if err := strvals.ParseIntoFile(key+"=file", vals, func([]rune) (any, error) { return string(text), nil }); err != nil {
		return fmt.Errorf("render release %s: set file %s: %w", rel.Name, key, err)
	}
	return nil
}

// setValue sets one key by the path rules of helm's --set. Whole numbers stay
// whole, as with --set: --set-json would print a large one as 1e+06.
func setValue(vals map[string]any, key string, value any) error {
	switch v := reflect.ValueOf(value); {
	case v.IsValid() && (v.CanInt() || v.CanUint()):
		return strvals.ParseInto(fmt.Sprintf("%s=%d", key, value), vals)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return strvals.ParseJSON(key+"="+string(data), vals)
}
