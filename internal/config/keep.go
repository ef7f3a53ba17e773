package config

import (
	"github.com/docker/go-units"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// The budget for old images where devloop.yaml names none.
const (
	keepImages = 5
	keepSize   = "10GB"
)

// checkKeep checks the budget and fills in what is not given.
func checkKeep(p *Project, s source) error {
	if p.Keep.Images < 0 || p.Keep.Images == 0 && s.has("keep", "images") {
		return s.errorf([]string{"keep", "images"}, "keep at least 1", "keep: %d images of each name", p.Keep.Images)
	}
	if p.Keep.Images == 0 {
		p.Keep.Images = keepImages
	}
	if p.Keep.Size == "" {
		p.Keep.Size = keepSize
	}
	bytes, err := units.FromHumanSize(p.Keep.Size)
	if err != nil || bytes < 1 {
		return s.errorf([]string{"keep", "size"}, "write it as in 10GB or 500MB", "keep: %q is no size", p.Keep.Size)
	}
	p.Keep.Bytes = bytes
	return nil
}

// has tells whether the file has a key that is not empty.
func (s source) has(keys ...string) bool {
	b := (&yaml.PathBuilder{}).Root()
	for _, k := range keys {
		b = b.Child(k)
	}
	node, err := b.Build().FilterFile(s.file)
	if err != nil || node == nil {
		return false
	}
	_, empty := node.(*ast.NullNode)
	return !empty
}
