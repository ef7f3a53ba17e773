package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// workspace is an arm's copy of the project. Saves are made as editors with safe
// writing do: another file is written and renamed to the edited one.
type workspace struct {
	dir     string
	staging string            // a folder on the same file system, outside the project
	before  map[string][]byte // what edited files held; nil: they were not there
	modes   map[string]fs.FileMode
}

// prepared is the new content of a file.
type prepared struct {
	file string
	data []byte
	mode fs.FileMode
}

// prepare works out what edits come to, so that nothing but writing is left.
func (w *workspace) prepare(edits []Edit, v values) ([]prepared, error) {
	var out []prepared
	latest := map[string]int{}
	for _, e := range edits {
		p := prepared{file: e.File, mode: 0o644}
		path := filepath.Join(w.dir, filepath.FromSlash(e.File))
		old, err := os.ReadFile(path)
		if info, statErr := os.Stat(path); statErr == nil {
			p.mode = info.Mode().Perm()
		}
		if i, twice := latest[e.File]; twice {
			old, err = out[i].data, nil
		}
		if e.Find == "" {
			p.data = []byte(v.expand(e.Text))
		} else {
			if err != nil {
				return nil, fmt.Errorf("edit %s: %w", e.File, err)
			}
			find := v.expand(e.Find)
			if n := strings.Count(string(old), find); n != 1 {
				return nil, fmt.Errorf("edit %s: %q is in it %d times, not once", e.File, find, n)
			}
			p.data = []byte(strings.Replace(string(old), find, v.expand(e.Replace), 1))
		}
		if i, twice := latest[e.File]; twice {
			out[i] = p
			continue
		}
		latest[e.File] = len(out)
		out = append(out, p)
	}
	return out, nil
}

// save writes prepared files and keeps what they held before, unless forGood.
func (w *workspace) save(files []prepared, forGood bool) error {
	for _, p := range files {
		path := filepath.Join(w.dir, filepath.FromSlash(p.file))
		if _, kept := w.before[p.file]; !kept && !forGood {
			old, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("save %s: %w", p.file, err)
			}
			w.before[p.file], w.modes[p.file] = old, p.mode
		}
		if err := w.write(path, p.data, p.mode); err != nil {
			return fmt.Errorf("save %s: %w", p.file, err)
		}
	}
	return nil
}

func (w *workspace) write(path string, data []byte, mode fs.FileMode) error {
	next := filepath.Join(w.staging, filepath.Base(path))
	if err := os.WriteFile(next, data, mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// undo puts back what edited files held. It says whether there was anything to do.
func (w *workspace) undo() (bool, error) {
	any := len(w.before) > 0
	for file, data := range w.before {
		path := filepath.Join(w.dir, filepath.FromSlash(file))
		var err error
		if data == nil {
			err = os.Remove(path)
		} else {
			err = w.write(path, data, w.modes[file])
		}
		if err != nil {
			return any, fmt.Errorf("undo the edit of %s: %w", file, err)
		}
		delete(w.before, file)
	}
	return any, nil
}
