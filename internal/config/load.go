package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Load reads and checks the devloop.yaml at path. Errors about its content are
// of type *Error; a file that is not there gives an error that wraps
// fs.ErrNotExist.
func Load(path string) (*Project, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return Parse(path, data)
}

// Parse is Load for a file already read; path must be absolute and serves for
// messages and for resolving relative paths. No profile is in force.
func Parse(path string, data []byte) (*Project, error) { return ParseWith(path, data, Choice{}) }

// ParseWith is Parse with the chosen profiles in force.
func ParseWith(path string, data []byte, choice Choice) (p *Project, err error) {
	defer func() {
		if err != nil {
			p = nil
		}
	}()
	defer survive(path, &err)
	p = &Project{File: path, Dir: filepath.Dir(path)}
	doc, err := decode(path, data, p, knownKeys())
	if err != nil {
		return nil, err
	}
	if err := checkProfiles(p, doc); err != nil {
		return nil, err
	}
	if p, doc, err = overlaid(p, doc, choice); err != nil {
		return nil, err
	}
	if err := check(p, doc); err != nil {
		return nil, err
	}
	resolve(p)
	return p, nil
}

// atHome is a path whose ~/ is the user's home folder.
func atHome(path string) string {
	below, ok := strings.CutPrefix(path, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, below)
}

// resolve fills in defaults and makes the paths absolute, relative ones starting at the folder of
// devloop.yaml, a Dockerfile's at its context.
func resolve(p *Project) {
	abs := func(base, path string) string {
		path = filepath.FromSlash(path)
		if filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(base, path)
	}
	for name, im := range p.Images {
		im.Context = abs(p.Dir, im.Context)
		if im.Dockerfile == "" {
			im.Dockerfile = "Dockerfile"
		}
		im.Dockerfile = abs(im.Context, im.Dockerfile)
		for i, secret := range im.Secrets {
			if secret.File != "" {
				im.Secrets[i].File = abs(p.Dir, atHome(secret.File))
			}
		}
		p.Images[name] = im
	}
	for name, r := range p.Releases {
		r.Chart = abs(p.Dir, r.Chart)
		for i := range r.Values {
			r.Values[i] = abs(p.Dir, r.Values[i])
		}
		for key, file := range r.SetFile {
			r.SetFile[key] = abs(p.Dir, file)
		}
		p.Releases[name] = r
	}
	if p.Drift == "" {
		p.Drift = DriftCorrect
	}
	for i, f := range p.Forward {
		p.Forward[i].Local = f.LocalPort()
	}
}
