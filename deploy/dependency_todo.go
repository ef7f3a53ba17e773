package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// todo is what a chart's charts/ folder lacks and has too much.
type todo struct {
	get    []lacking
	remove []string // archives
	have   []string // by dependency: the version that is there; "" where it lacks
}

func (t todo) empty() bool { return len(t.get) == 0 && len(t.remove) == 0 }

// lacking is a dependency that is not there, not in the right version, or not as
// its folder is.
type lacking struct {
	index   int
	dep     *chart.Dependency
	version string // the locked one, or the declared range
	folder  string // of a file:// dependency
}

// stored is a chart in charts/.
type stored struct {
	path, name, version string
	packed              bool
}

// todo compares what is declared with what is there.
func (d *declaration) todo(release string) (todo, error) {
	there, err := d.stored()
	if err != nil {
		return todo{}, nil // who loads the chart says better what is wrong
	}
	t := todo{have: make([]string, len(d.wanted))}
	for i, dep := range d.wanted {
		if _, err := semver.NewConstraint(dep.Version); err != nil && dep.Version != "" {
			return t, d.fault(release, i, fmt.Sprintf("dependency %s: version %q is no version or range of versions", dep.Name, dep.Version),
				"write for example 1.2.3, ^1.2.0 or >=1.2.0 <2.0.0", err)
		}
		want := lacking{index: i, dep: dep, version: dep.Version, folder: localFolder(d.dir, dep.Repository)}
		if v := d.locked(i); v != "" {
			want.version = v
		}
		if dep.Repository == "" {
			want.version = "" // helm takes any
		}
		vendored := func(s stored) bool { return s.name == dep.Name && admits(want.version, s.version) }
		if want.folder != "" && !isChart(want.folder) && slices.ContainsFunc(there, vendored) {
			want.folder = "" // helm installs what is in charts/, wherever it came from
		}
		if want.folder != "" {
			if want.version, err = d.localVersion(release, i, want.folder); err != nil {
				return t, err
			}
		}
		at := slices.IndexFunc(there, func(s stored) bool {
			return s.name == dep.Name && admits(want.version, s.version) && (want.folder == "" || !s.packed || samePacked(s.path, want.folder))
		})
		switch {
		case at >= 0:
			t.have[i] = there[at].version
		case dep.Repository == "":
			return t, d.fault(release, i, fmt.Sprintf("dependency %s names no repository and is not in charts/", dep.Name),
				"put the chart there, or name its repository", nil)
		default:
			if folder := unpacked(there, dep.Name); folder != nil {
				return t, d.fault(release, i, fmt.Sprintf("dependency %s wants version %s, but the folder charts/%s holds %s",
					dep.Name, want.version, filepath.Base(folder.path), folder.version), "delete the folder, or correct the version", nil)
			}
			t.get = append(t.get, want)
		}
	}
	t.remove = d.superfluous(there, t)
	return t, nil
}

// superfluous are the archives that stand in the way of those that are to come,
// and those of a dependency that is in the lock and no longer declared.
func (d *declaration) superfluous(there []stored, t todo) (paths []string) {
	for _, s := range there {
		declared := func(dep *chart.Dependency) bool { return dep.Name == s.name }
		coming := func(l lacking) bool { return l.dep.Name == s.name }
		kept := func(i int) bool { return d.wanted[i].Name == s.name && t.have[i] == s.version }
		index := make([]int, len(d.wanted))
		for i := range index {
			index[i] = i
		}
		switch {
		case !s.packed || slices.ContainsFunc(index, kept):
		case slices.ContainsFunc(t.get, coming):
			paths = append(paths, s.path)
		case d.lock != nil && !slices.ContainsFunc(d.wanted, declared):
			was := func(dep *chart.Dependency) bool {
				return dep.Name == s.name && dep.Version == s.version && dep.Repository != ""
			}
			if slices.ContainsFunc(d.lock.Dependencies, was) {
				paths = append(paths, s.path)
			}
		}
	}
	return paths
}

func unpacked(there []stored, name string) *stored {
	for i, s := range there {
		if s.name == name && !s.packed {
			return &there[i]
		}
	}
	return nil
}

func isChart(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "Chart.yaml"))
	return err == nil
}

// localVersion is the version of a file:// dependency's folder.
func (d *declaration) localVersion(release string, i int, folder string) (string, error) {
	dep := d.wanted[i]
	if _, err := os.Stat(filepath.Join(folder, "Chart.yaml")); err != nil {
		return "", d.fault(release, i, fmt.Sprintf("dependency %s: %s leads to no chart: %v", dep.Name, dep.Repository, err),
			"the path is seen from the chart's folder", err)
	}
	meta, err := metadataOf(folder)
	if err != nil {
		return "", d.fault(release, i, fmt.Sprintf("dependency %s: %v", dep.Name, err), "", err)
	}
	switch {
	case meta.Name != dep.Name:
		return "", d.fault(release, i, fmt.Sprintf("dependency %s: the chart at %s is called %s", dep.Name, dep.Repository, meta.Name), "", nil)
	case !admits(dep.Version, meta.Version):
		return "", d.fault(release, i, fmt.Sprintf("dependency %s wants version %s, the chart at %s is %s", dep.Name, dep.Version, dep.Repository, meta.Version), "", nil)
	}
	return meta.Version, nil
}

// stored lists the charts in charts/ as helm's loader finds them.
func (d *declaration) stored() ([]stored, error) {
	entries, err := os.ReadDir(filepath.Join(d.dir, "charts"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []stored
	for _, entry := range entries {
		path := filepath.Join(d.dir, "charts", entry.Name())
		if entry.Name()[0] == '.' || entry.Name()[0] == '_' {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		packed := !info.IsDir()
		if packed && filepath.Ext(path) != ".tgz" {
			continue
		}
		meta, err := metadataOf(path)
		if err != nil {
			return nil, fmt.Errorf("charts/%s: %w", entry.Name(), err)
		}
		all = append(all, stored{path: path, name: meta.Name, version: meta.Version, packed: packed})
	}
	return all, nil
}

// metadataOf reads the Chart.yaml of a folder or an archive.
func metadataOf(path string) (*chart.Metadata, error) {
	file := &loader.BufferedFile{Name: "Chart.yaml"}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		file.Data, err = os.ReadFile(filepath.Join(path, "Chart.yaml"))
	} else {
		file.Data, err = packedFile(path, "Chart.yaml")
	}
	if err != nil {
		return nil, err
	}
	ch, err := loader.LoadFiles([]*loader.BufferedFile{file})
	if err != nil {
		return nil, err
	}
	return ch.Metadata, nil
}
