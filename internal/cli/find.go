package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/internal/scaffold"
	"github.com/devloop-dev/devloop/internal/valuecheck"
)

// location is where a command finds what it goes by.
type location struct {
	file string // absolute path of devloop.yaml, be it there or not
	// read is os.ReadFile, with a stand-in as long as the file is not there.
	read func(path string) ([]byte, error)
	// note says what stands in; empty when nothing does.
	note string
}

// find finds the project's file. Where there is none, what devloop init would
// write stands in, if that is clear without a question. Only a folder, or the
// default name in it, can stand for a project: another name with -f is a file
// that is missing.
func (g *global) find(ctx context.Context) (location, error) {
	file, err := g.path()
	if err != nil {
		return location{}, err
	}
	p := location{file: file, read: os.ReadFile}
	_, err = os.Stat(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return p, nil // anything else that is wrong with it is told when it is read
	}
	if filepath.Base(file) != config.DefaultFile {
		return p, fmt.Errorf("there is no %s: change to the project's folder, or name the file with -f", file)
	}
	draft, err := drafted(ctx, filepath.Dir(file))
	if err != nil {
		return p, err
	}
	p.note = fmt.Sprintf("there is no %s, so this goes by what devloop init would write: %s", config.DefaultFile, draft.Short())
	text := draft.YAML()
	p.read = func(path string) ([]byte, error) {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return text, nil
		}
		return data, err
	}
	return p, nil
}

// drafted is what devloop init would write without being asked.
func drafted(ctx context.Context, dir string) (*scaffold.Draft, error) {
	survey, err := scaffold.Look(ctx, dir)
	if err != nil {
		return nil, err
	}
	draft, err := survey.Draft(scaffold.Never)
	var nothing *scaffold.NoChart
	var unsure *scaffold.Unsure
	switch {
	case errors.As(err, &nothing):
		return nil, fmt.Errorf("there is no %s, and no Helm chart in or below its folder to go by: change to the project's folder, or name the file with -f",
			filepath.Join(dir, config.DefaultFile))
	case errors.As(err, &unsure):
		return nil, fmt.Errorf("there is no %s, and what it would say is not clear; run devloop init, which asks: %w", filepath.Join(dir, config.DefaultFile), unsure)
	}
	return draft, err
}

// load reads the project, and says on say what stands in for its file.
func (g *global) load(ctx context.Context, say io.Writer) (*config.Project, error) {
	p, err := g.find(ctx)
	if err != nil {
		return nil, err
	}
	if p.note != "" {
		fmt.Fprintln(say, "devloop: "+p.note)
	}
	data, err := p.read(p.file)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	project, err := g.parse(p.file, data)
	if err == nil && len(project.Active) > 0 {
		fmt.Fprintln(say, "devloop: "+project.InForce())
	}
	return project, err
}

// parse reads a devloop.yaml with the profiles in force that the flags and the
// context ask for.
func (g *global) parse(path string, data []byte) (*config.Project, error) {
	return config.ParseWith(path, data, config.Choice{Profiles: g.profiles, Context: g.contextName})
}

// contextName is the name of the kubeconfig context, which a command keeps even if
// the current one changes; empty as long as there is none.
func (g *global) contextName() string {
	c := g.current
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.name == "" {
		if kc, err := kube.Load(g.kubeconfig, g.context); err == nil {
			c.name = kc.Name
		}
	}
	return c.name
}

// setWarnings are keys under set: of the project's releases that change nothing.
func setWarnings(p *config.Project) []string {
	var out []string
	for _, name := range p.ReleaseNames() {
		r := p.Releases[name]
		for _, u := range valuecheck.Keys(r.Chart, r.Set) {
			out = append(out, fmt.Sprintf("release %s: %s", name, u))
		}
	}
	return out
}
