package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
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
)

// look is what the files said at one moment.
type look struct {
	began     time.Time
	project   *config.Project // the last good one; nil when there was none yet
	configErr error           // devloop.yaml as it is now cannot be used
	state     plan.State      // without references
	inputs    map[string]build.Inputs
	errs      map[target]error // targets whose files could not be read
}

// paths are the inputs of all targets.
func (l look) paths() map[string]bool {
	all := map[string]bool{relative(l.project.Dir, l.project.File): true}
	add := func(tree digest.Tree) {
		for path := range tree {
			all[path] = true
		}
	}
	for _, im := range l.state.Images {
		add(im.Inputs)
	}
	for _, r := range l.state.Releases {
		add(r.Inputs)
	}
	return all
}

// looker reads the project's files. It is used by one goroutine at a time.
type looker struct {
	file    string
	hasher  *digest.Hasher
	own     string                   // a file that devloop writes; empty for none
	set     func([]watch.Root) error // nil when nothing watches
	data    []byte
	project *config.Project
	err     error
}

// look reads devloop.yaml if it changed, has its inputs watched before they are
// read, so that no change falls between, and digests them.
func (l *looker) look(ctx context.Context) (look, error) {
	began := time.Now()
	if err := l.reload(); err != nil {
		return look{}, err
	}
	got := look{began: began, project: l.project, configErr: l.err, inputs: map[string]build.Inputs{}, errs: map[target]error{},
		state: plan.State{Images: map[string]plan.Image{}, Releases: map[string]plan.Release{}}}
	if l.project == nil {
		return got, nil
	}
	for _, name := range l.project.ImageNames() {
		tree, inputs, err := l.image(ctx, name)
		im := plan.Image{Inputs: tree}
		if err != nil {
			got.errs[target{image, name}] = err
			im = plan.Image{Unreadable: err.Error()}
		}
		got.state.Images[name], got.inputs[name] = im, inputs
	}
	for name := range l.project.Releases {
		tree, err := l.release(ctx, name)
		r := plan.Release{Inputs: tree}
		if err != nil {
			got.errs[target{release, name}] = err
			r = plan.Release{Unreadable: err.Error()}
		}
		got.state.Releases[name] = r
	}
	return got, ctx.Err()
}

func (l *looker) reload() error {
	data, err := os.ReadFile(l.file)
	switch {
	case err != nil:
		l.data, l.err = nil, fmt.Errorf("read config: %w", err)
	case l.data == nil || !bytes.Equal(data, l.data):
		l.data = data
		var project *config.Project
		if project, l.err = config.Parse(l.file, data); l.err == nil {
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

// image digests what an image is made from. With a prebuild command that is
// everything in its folder, since nobody knows what the command reads, and what
// goes into the image is known once it ran; otherwise it is what the build
// context lets in.
func (l *looker) image(ctx context.Context, name string) (digest.Tree, build.Inputs, error) {
	im := l.project.Images[name]
	var inputs build.Inputs
	tree := digest.Tree{}
	if len(im.Prebuild) > 0 {
		folder, err := filepath.EvalSymlinks(im.Context)
		if err != nil {
			return nil, inputs, fmt.Errorf("its context: %w", err)
		}
		files, err := l.hasher.Tree(ctx, folder, skipNoise)
		if err != nil {
			return nil, inputs, fmt.Errorf("its context: %w", err)
		}
		l.put(tree, im.Context, files)
	} else {
		var err error
		if inputs, err = request.Image(name, im).Inputs(ctx, l.hasher); err != nil {
			return nil, inputs, err
		}
		l.put(tree, im.Context, inputs.Files)
	}
	sum, err := l.hasher.Content(im.Dockerfile)
	if err != nil {
		return nil, inputs, fmt.Errorf("its Dockerfile: %w", err)
	}
	tree[l.rel(im.Dockerfile)] = sum
	settings, err := settingsOf(im)
	if err != nil {
		return nil, inputs, err
	}
	tree[l.rel(l.file)+" (images."+name+")"] = settings
	return tree, inputs, nil
}

func (l *looker) release(ctx context.Context, name string) (digest.Tree, error) {
	r := l.project.Releases[name]
	tree := digest.Tree{}
	files, err := l.hasher.Linked(ctx, r.Chart, skipNoise)
	if err != nil {
		return nil, fmt.Errorf("its chart: %w", err)
	}
	if info, err := os.Stat(r.Chart); err == nil && !info.IsDir() {
		l.put(tree, filepath.Dir(r.Chart), files)
	} else {
		l.put(tree, r.Chart, files)
	}
	for _, path := range r.Values {
		sum, err := l.hasher.Content(path)
		if err != nil {
			return nil, fmt.Errorf("its values: %w", err)
		}
		tree[l.rel(path)] = sum
	}
	settings, err := settingsOf(r)
	if err != nil {
		return nil, err
	}
	tree[l.rel(l.file)+" (releases."+name+")"] = settings
	return tree, nil
}

// settingsOf digests what devloop.yaml says of one target.
func settingsOf(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	return digest.Of(string(data)), nil
}

// put adds files below dir under the names the user knows them by.
func (l *looker) put(tree digest.Tree, dir string, files map[string]string) {
	base := l.rel(dir)
	for path, sum := range files {
		if base != "." {
			path = base + "/" + path
		}
		tree[path] = sum
	}
}

func (l *looker) rel(path string) string { return relative(filepath.Dir(l.file), path) }

// relative is path as seen from the project's folder, with slashes.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
