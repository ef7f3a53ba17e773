package filesync

import (
	"archive/tar"
	"bytes"
	_ "embed"
	"io"
	"path"
	"strings"
)

// script takes a tar on its input and has a folder hold what is in it. See there
// for its arguments.
//
//go:embed unpack.sh
var script string

// removed is what a folder in the tar holds that is to be removed when it is empty.
const removed = ".devloop-rmdir"

// pack is what is to be done in the folder of one rule: names may be any bytes,
// so they travel in the tar and not in the command.
type pack struct {
	folder string
	files  []file
}

// packs sorts files by the folder of their rule, the order within one being kept.
func packs(files []file) (all []*pack) {
	by := map[string]*pack{}
	for _, f := range files {
		p := by[f.below]
		if p == nil {
			p = &pack{folder: f.below}
			by[f.below] = p
			all = append(all, p)
		}
		p.files = append(p.files, f)
	}
	return all
}

// tar has what is to be there below put, what is to go below del.
func (p *pack) tar() io.Reader {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(name string, f file) {
		h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)), Format: tar.FormatGNU}
		if f.link != "" {
			h.Typeflag, h.Linkname, h.Size, h.Mode = tar.TypeSymlink, f.link, 0, 0o777
		}
		_ = w.WriteHeader(h) // into memory
		_, _ = w.Write(f.data)
	}
	for _, f := range p.files {
		name := strings.TrimPrefix(f.path, p.folder+"/")
		if !f.gone() {
			add("put/"+name, f)
			continue
		}
		add("del/"+name, file{mode: 0o600})
		for range f.prune {
			name = path.Dir(name)
			add("del/"+name+"/"+removed, file{mode: 0o600})
		}
	}
	_ = w.Close()
	return &out
}
