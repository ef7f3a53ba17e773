package deploy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
)

// declaration is what the files beside a chart's charts/ folder say of its
// dependencies.
type declaration struct {
	dir    string
	file   string // where they are declared: Chart.yaml, or requirements.yaml of apiVersion v1
	lockAt string // where they are locked
	v1     bool
	text   string // of all these files
	wanted []*chart.Dependency
	lock   *chart.Lock // nil without one
}

// declarationOf reads them as helm's loader does. It is nil for a chart that has
// neither dependencies nor a lock.
func declarationOf(dir string) (*declaration, error) {
	main, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	files := []*loader.BufferedFile{{Name: "Chart.yaml", Data: main}}
	found := bytes.Contains(main, []byte("dependencies"))
	for _, name := range []string{"Chart.lock", "requirements.yaml", "requirements.lock"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = true
		files = append(files, &loader.BufferedFile{Name: name, Data: data})
	}
	if !found {
		return nil, nil
	}
	ch, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	if len(ch.Metadata.Dependencies) == 0 && ch.Lock == nil {
		return nil, nil
	}
	d := &declaration{dir: dir, file: filepath.Join(dir, "Chart.yaml"), lockAt: filepath.Join(dir, "Chart.lock"),
		wanted: ch.Metadata.Dependencies, lock: ch.Lock}
	if ch.Metadata.APIVersion == chart.APIVersionV1 {
		d.v1, d.lockAt = true, filepath.Join(dir, "requirements.lock")
		d.file = filepath.Join(dir, "requirements.yaml")
	}
	for _, dep := range d.wanted {
		if _, named := repositoryName(dep.Repository); !named {
			continue
		}
		if entry, err := entryOf(cli.New().RepositoryConfig, dep.Repository); err == nil {
			dep.Repository = entry.URL // as helm has it in its lock
		}
	}
	var text strings.Builder
	for _, f := range files {
		text.WriteString(f.Name + "\x00" + string(f.Data) + "\x00")
	}
	d.text = text.String()
	return d, nil
}

// fault is an error about one dependency, at its place in the file.
func (d *declaration) fault(release string, i int, message, hint string, err error) error {
	return &RenderError{Release: release, File: d.file, Line: valueLine(d.file, []any{"dependencies", i}),
		Message: message, Hint: hint, Err: err}
}

// locked is the version that the lock gives a dependency, or "" without a lock
// that fits what is declared.
func (d *declaration) locked(i int) string {
	if !d.lockFits() {
		return ""
	}
	return d.lock.Dependencies[i].Version
}

// lockFits says whether the lock was made for what is declared now, by the digest
// that helm writes into it (helm.sh/helm/v3/internal/resolver).
func (d *declaration) lockFits() bool {
	if d.lock == nil || len(d.lock.Dependencies) != len(d.wanted) {
		return false
	}
	if sum, err := lockDigest(d.wanted, d.lock.Dependencies); err == nil && sum == d.lock.Digest {
		return true
	}
	if !d.v1 {
		return false
	}
	sum, err := sumOf(map[string][]*chart.Dependency{"dependencies": d.wanted})
	return err == nil && sum == d.lock.Digest
}

func lockDigest(wanted, locked []*chart.Dependency) (string, error) {
	return sumOf([2][]*chart.Dependency{wanted, locked})
}

func sumOf(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// localFolder is the folder that a file:// repository names, as helm reads it, or
// "" for another repository.
func localFolder(dir, repository string) string {
	path, local := strings.CutPrefix(repository, "file://")
	switch {
	case !local:
		return ""
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}

// admits says whether a version is what a dependency's range, or its locked
// version, asks for.
func admits(rule, version string) bool {
	if rule == "" || rule == version {
		return true
	}
	constraint, err := semver.NewConstraint(rule)
	if err != nil {
		return false
	}
	v, err := semver.NewVersion(version)
	return err == nil && constraint.Check(v)
}
