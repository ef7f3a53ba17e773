package project

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
)

// archive packs files as `helm package` does.
func archive(files Files) (string, error) {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	pack := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if err := pack.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			return "", fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := pack.Write([]byte(text)); err != nil {
			return "", fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := pack.Close(); err != nil {
		return "", fmt.Errorf("pack a chart: %w", err)
	}
	if err := zip.Close(); err != nil {
		return "", fmt.Errorf("pack a chart: %w", err)
	}
	return buf.String(), nil
}
