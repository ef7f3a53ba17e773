package loop

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/inputs"
	"github.com/devloop-dev/devloop/internal/plan"
	"github.com/devloop-dev/devloop/internal/request"
	"github.com/devloop-dev/devloop/watch"
)

// target is an image or a release of the project.
type target struct {
	kind kind
	name string
}

type kind string

const (
	image   kind = "image"
	release kind = "release"
	custom  kind = "custom" // an image's command: no target, but something that may write
)

// look is what the files said at one moment.
type look struct {
	number    int
	scope     inputs.Change
	began     time.Time
	took      time.Duration
	project   *config.Project        // the last good one; nil when there was none yet
	configErr error                  // devloop.yaml as it is now cannot be used
	state     plan.State             // without references
	contexts  map[string]digest.Tree // of the images without a prebuild command
	stack     request.Stack          // which images are built on which others
	errs      map[target]error       // targets whose files could not be read
}

// has tells whether a path, as seen from the project's folder, is an input of a
// target, or devloop.yaml itself.
func (l look) has(path string) bool {
	if path == relative(l.project.Dir, l.project.File) {
		return true
	}
	for _, im := range l.state.Images {
		if im.Inputs.Has(path) {
			return true
		}
	}
	for _, r := range l.state.Releases {
		if r.Inputs.Has(path) {
			return true
		}
	}
	return false
}

// looker reads the project's files. It is used by one goroutine at a time.
type looker struct {
	file    string
	read    func(path string) ([]byte, error)
	parse   func(path string, data []byte) (*config.Project, error)
	reader  *inputs.Reader
	own     string                   // a file that devloop writes; empty for none
	set     func([]watch.Root) error // nil when nothing watches
	data    []byte
	project *config.Project
	err     error
}

// look reads devloop.yaml if it changed, has its inputs watched before they are
// read, so that no change falls between, and digests what may have changed.
func (l *looker) look(ctx context.Context, change inputs.Change) (look, error) {
	began := time.Now()
	if err := l.reload(); err != nil {
		return look{}, err
	}
	got := look{began: began, project: l.project, configErr: l.err, errs: map[target]error{}}
	if l.project == nil {
		return got, nil
	}
	seen, err := l.reader.Look(ctx, l.project, change)
	if err != nil {
		return look{}, err
	}
	got.took = time.Since(began)
	got.state, got.contexts, got.stack = seen.State, seen.Contexts, seen.Stack
	for name, err := range seen.Images {
		got.errs[target{image, name}] = err
	}
	for name, err := range seen.Releases {
		got.errs[target{release, name}] = err
	}
	return got, nil
}

func (l *looker) reload() error {
	data, err := l.read(l.file)
	switch {
	case err != nil:
		l.data, l.err = nil, fmt.Errorf("read config: %w", err)
	case l.data == nil || !bytes.Equal(data, l.data):
		l.data = data
		var project *config.Project
		if project, l.err = l.parse(l.file, data); l.err == nil {
			l.err = l.outside(project)
		}
		if l.err == nil {
			l.project = project
		}
	}
	if l.set == nil {
		return nil
	}
	if err := l.set(roots(l.file, l.project)); err != nil {
		return fmt.Errorf("watch the project: %w", err)
	}
	return nil
}

// outside makes sure that what devloop itself writes lies in no folder of
// inputs: each event would be the next save.
func (l *looker) outside(p *config.Project) error {
	if l.own == "" {
		return nil
	}
	folders := map[string]string{}
	for name, im := range p.Images {
		folders[im.Context] = "the context of image " + name
	}
	for name, r := range p.Releases {
		folders[r.Chart] = "the chart of release " + name
	}
	for folder, what := range folders {
		if rel := relative(folder, l.own); rel != ".." && !strings.HasPrefix(rel, "../") && !filepath.IsAbs(rel) {
			return fmt.Errorf("the events file %s lies in %s, where each event would be a change: name another place with --events", l.own, what)
		}
	}
	return nil
}

// relative is path as seen from the project's folder, with slashes.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
