package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"sigs.k8s.io/yaml"
)

// carryOut brings what charts/ lacks, removes what is too much, and writes the
// lock where it says something else. Archives appear there whole; the lock comes
// last. It tells which files it wrote or removed, and in words what it did.
func (d *declaration) carryOut(ctx context.Context, release string, t todo) (written, said []string, err error) {
	charts := filepath.Join(d.dir, "charts")
	if err := d.clean(charts); err != nil {
		return nil, nil, fmt.Errorf("release %s: %w", release, err)
	}
	stores := &stores{}
	defer func() { err = errors.Join(err, stores.close()) }()
	type coming struct {
		lacking
		name string
		data []byte
	}
	var all []coming
	for _, l := range t.get {
		data, from, err := d.get(ctx, stores, l)
		if err != nil {
			return nil, nil, d.unavailable(release, l, err)
		}
		ch, err := loader.LoadArchive(bytes.NewReader(data))
		if err != nil {
			return nil, nil, d.unavailable(release, l, fmt.Errorf("what %s gave is no chart: %w", from, err))
		}
		if ch.Name() != l.dep.Name || !admits(l.version, ch.Metadata.Version) {
			return nil, nil, d.unavailable(release, l, fmt.Errorf("%s gave %s %s", from, ch.Name(), ch.Metadata.Version))
		}
		t.have[l.index] = ch.Metadata.Version
		all = append(all, coming{l, fmt.Sprintf("%s-%s.tgz", ch.Name(), ch.Metadata.Version), data})
		said = append(said, fmt.Sprintf("%s %s from %s", ch.Name(), ch.Metadata.Version, from))
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("release %s: build chart dependencies: %w", release, err)
		}
	}()
	for _, c := range all {
		path := filepath.Join(charts, c.name)
		written = append(written, path)
		if err := replaceFile(path, c.data); err != nil {
			return written, said, err
		}
	}
	for _, path := range t.remove {
		if slices.Contains(written, path) {
			continue
		}
		written = append(written, path)
		said = append(said, "removed charts/"+filepath.Base(path))
		if err := os.Remove(path); err != nil {
			return written, said, err
		}
	}
	wrote, err := d.writeLock(t.have)
	if wrote {
		written = append(written, d.lockAt)
	}
	return written, said, err
}

// get fetches or packs one dependency and says where it came from.
func (d *declaration) get(ctx context.Context, s *stores, l lacking) (data []byte, from string, err error) {
	if l.folder != "" {
		data, err = pack(l.folder)
		return data, l.dep.Repository, err
	}
	data, err = s.fetch(ctx, l.dep.Repository, l.dep.Name, l.version)
	return data, l.dep.Repository, err
}

func (d *declaration) unavailable(release string, l lacking, err error) error {
	version := ""
	if l.version != "" {
		version = " " + l.version
	}
	var hinted *storeError
	hint := ""
	if errors.As(err, &hinted) {
		hint = hinted.hint
	}
	return d.fault(release, l.index, fmt.Sprintf("dependency %s%s: %v", l.dep.Name, version, err), hint, err)
}

// clean makes charts/ and removes what a killed process left half written there.
func (d *declaration) clean(charts string) error {
	if err := os.MkdirAll(charts, 0o755); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(charts, unfinishedFile+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// writeLock writes the lock that helm would, where there is none that fits these
// versions. A chart that no longer declares anything has none.
func (d *declaration) writeLock(versions []string) (bool, error) {
	if len(d.wanted) == 0 {
		return true, os.Remove(d.lockAt)
	}
	lock := chart.Lock{Generated: time.Now()}
	same := d.lockFits()
	for i, dep := range d.wanted {
		version := versions[i]
		if dep.Repository == "" {
			version = dep.Version // as helm locks it
		}
		lock.Dependencies = append(lock.Dependencies, &chart.Dependency{Name: dep.Name, Repository: dep.Repository, Version: version})
		same = same && d.lock.Dependencies[i].Version == version
	}
	if same {
		return false, nil
	}
	var err error
	if lock.Digest, err = lockDigest(d.wanted, lock.Dependencies); err != nil {
		return false, err
	}
	data, err := yaml.Marshal(lock)
	if err != nil {
		return false, err
	}
	return true, replaceFile(d.lockAt, data)
}
