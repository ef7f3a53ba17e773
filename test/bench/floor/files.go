package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// The files that the scenarios edit.
const (
	valuesFile    = "values/local.yaml"
	routesFile    = "sms-checker-chart/templates/virtualservice.yaml"
	configMapFile = "sms-checker-chart/templates/configmap.yaml"
	codeFile      = "app/internal/web/page.go"
)

func files() []string { return []string{valuesFile, routesFile, configMapFile, codeFile} }

// folders are where they are.
func folders() []string {
	var out []string
	for _, file := range files() {
		out = append(out, filepath.Dir(filepath.FromSlash(file)))
	}
	return out
}

// wish is what the files ask for, as far as the scenarios go.
type wish struct {
	replicas int    // A
	delay    bool   // B: half of the visitors wait
	code     string // C: a digest of the source
	banner   string // D and E
	broken   string // E: where a template is broken, as helm names it, or ""
}

// fallback is the banner that scenario E writes into the template.
var fallback = regexp.MustCompile(`BANNER: .*default "([^"]*)"`)

// read reads the files below a folder.
func read(dir string) (wish, error) {
	var errs []error
	text := func(file string) string {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		errs = append(errs, err)
		return string(data)
	}
	var values struct {
		App struct {
			Replicas int    `yaml:"replicas"`
			Banner   string `yaml:"banner"`
		} `yaml:"app"`
	}
	if err := yaml.Unmarshal([]byte(text(valuesFile)), &values); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", valuesFile, err))
	}
	w := wish{
		replicas: values.App.Replicas,
		delay:    strings.Contains(text(routesFile), "fixedDelay"),
		code:     fmt.Sprintf("%x", sha256.Sum256([]byte(text(codeFile)))),
		banner:   values.App.Banner,
	}
	template := text(configMapFile)
	if found := fallback.FindStringSubmatch(template); found != nil && w.banner == "" {
		w.banner = found[1]
	}
	for i, line := range strings.Split(template, "\n") {
		if strings.Contains(line, "qoute") {
			w.broken = fmt.Sprintf("%s:%d", filepath.Base(configMapFile), i+1)
		}
	}
	return w, errors.Join(errs...)
}
