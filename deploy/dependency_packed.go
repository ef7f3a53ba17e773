package deploy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
)

// unfinishedFile begins the name of a file in charts/ that is being written.
// Helm's loader does not look at files that begin with a dot.
const unfinishedFile = ".devloop-"

// packedFile reads one file at the root of a packed chart.
func packedFile(path, name string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("no %s in the archive", name)
		}
		if err != nil {
			return nil, err
		}
		if _, rest, ok := strings.Cut(strings.TrimPrefix(header.Name, "./"), "/"); ok && rest == name {
			return io.ReadAll(r)
		}
	}
}

// pack makes the archive of a chart's folder, as `helm package` does.
func pack(folder string) ([]byte, error) {
	ch, err := loader.LoadDir(folder)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "devloop-pack-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path, err := chartutil.Save(ch, dir)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// samePacked says whether an archive holds what its folder would be packed to.
func samePacked(archive, folder string) bool {
	is, err := loader.LoadFile(archive)
	if err != nil {
		return false
	}
	want, err := loader.LoadDir(folder)
	return err == nil && sameChart(is, want)
}

func sameChart(a, b *chart.Chart) bool {
	if !reflect.DeepEqual(a.Metadata, b.Metadata) || !bytes.Equal(rawValues(a), rawValues(b)) || !bytes.Equal(a.Schema, b.Schema) ||
		!sameFiles(a.Templates, b.Templates) || !sameFiles(a.Files, b.Files) || len(a.Dependencies()) != len(b.Dependencies()) {
		return false
	}
	if a.Metadata.APIVersion == chart.APIVersionV2 && (a.Lock == nil) != (b.Lock == nil) || a.Lock != nil && b.Lock != nil && a.Lock.Digest != b.Lock.Digest {
		return false
	}
	left := b.Dependencies()
	for _, dep := range a.Dependencies() {
		found := false
		for _, other := range left {
			if dep.Name() == other.Name() && dep.Metadata.Version == other.Metadata.Version {
				found = found || sameChart(dep, other)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func rawValues(ch *chart.Chart) []byte {
	for _, f := range ch.Raw {
		if f.Name == chartutil.ValuesfileName {
			return f.Data
		}
	}
	return nil
}

func sameFiles(a, b []*chart.File) bool {
	if len(a) != len(b) {
		return false
	}
	data := map[string][]byte{}
	for _, f := range a {
		data[f.Name] = f.Data
	}
	for _, f := range b {
		if other, ok := data[f.Name]; !ok || !bytes.Equal(f.Data, other) {
			return false
		}
	}
	return true
}

// replaceFile writes a file in one step, so that whoever reads it finds the old
// one or the new one.
func replaceFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), unfinishedFile)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
