package inputs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/request"
)

// roots are the files and folders that hold the inputs of each target.
func roots(p *config.Project) map[target][]string {
	all := map[target][]string{}
	for name, im := range p.Images {
		all[target{true, name}] = request.Image(name, im).WatchPaths()
		if im.HasDockerfile() {
			all[target{true, name}] = append(all[target{true, name}], im.Dockerfile)
		}
	}
	for name, r := range p.Releases {
		all[target{false, name}] = slices.Concat(ValueFiles(r), deploy.LocalDependencies(r.Chart), []string{r.Chart})
	}
	return all
}

// ValueFiles are the files beside its chart that a release takes values from, as
// devloop.yaml names them.
func ValueFiles(r config.Release) []string {
	return slices.Concat(r.Values, slices.Sorted(maps.Values(r.SetFile)))
}

// image digests what an image is made from. With a prebuild command that is
// everything in its folder, since nobody knows what the command reads, and what
// goes into the image is known once it ran; otherwise it is what the build
// context lets in. was is nil when everything is to be read.
func (r *Reader) image(ctx context.Context, p *config.Project, name string, was *view, changed []string) *view {
	im := p.Images[name]
	v := &view{}
	switch spec := request.Image(name, im); {
	case len(im.Prebuild) > 0:
		v.files, v.err = r.folder(ctx, p, name, was, changed)
	case was == nil:
		v.files, v.err = spec.Files(ctx, r.hasher)
	default:
		v.files, v.err = spec.FilesAfter(ctx, r.hasher, was.files, changed)
	}
	if v.err != nil {
		return v
	}
	v.inputs = digest.Tree{}.Put(relative(p.Dir, im.Context), outside(v.files))
	for key, sum := range v.files.Sub("..").All() { // a Dockerfile beside the context
		v.inputs = v.inputs.With(relative(p.Dir, filepath.Join(im.Context, "..", filepath.FromSlash(key))), sum)
	}
	v.bases, _ = request.Image(name, im).BasesOf() // what is wrong with its form, the build tells
	v.inputs = v.inputs.With(setting(p, "images", name), settingsOf(im))
	if p.Push != "" { // it is part of the image's name
		v.inputs = v.inputs.With(relative(p.Dir, p.File)+" (push)", settingsOf(p.Push))
	}
	if !im.HasDockerfile() {
		return v
	}
	sum, err := r.hasher.Content(im.Dockerfile)
	if err != nil {
		v.err = fmt.Errorf("its Dockerfile: %w", mended(err, p.File, "images."+name+".dockerfile"))
		return v
	}
	v.inputs = v.inputs.With(relative(p.Dir, im.Dockerfile), sum)
	return v
}

// outside is the tree without what lies beside the folder.
func outside(files digest.Tree) digest.Tree { return files.Without("..") }

func (r *Reader) folder(ctx context.Context, p *config.Project, name string, was *view, changed []string) (digest.Tree, error) {
	path := p.Images[name].Context
	folder, err := filepath.EvalSymlinks(path)
	if err != nil {
		return digest.Tree{}, fmt.Errorf("its context: %w", mended(err, p.File, "images."+name+".context"))
	}
	var files digest.Tree
	if was == nil {
		files, err = r.hasher.Tree(ctx, folder, r.noise)
	} else {
		keys := make([]string, 0, len(changed))
		for _, at := range changed {
			keys = append(keys, relative(path, at))
		}
		files, err = r.hasher.Update(ctx, was.files, folder, keys, r.noise)
	}
	if err != nil {
		return digest.Tree{}, fmt.Errorf("its context: %w", mended(err, p.File, "images."+name+".context"))
	}
	return files, nil
}

// release digests what a release is made from.
func (r *Reader) release(ctx context.Context, p *config.Project, name string, was *view, changed []string) *view {
	rel := p.Releases[name]
	v := &view{}
	if was != nil && !concerns(rel.Chart, changed) {
		v.files = was.files
	} else if v.files, v.err = r.hasher.Linked(ctx, rel.Chart, r.noise); v.err != nil {
		v.err = fmt.Errorf("its chart: %w", mended(v.err, p.File, "releases."+name+".chart"))
		return v
	}
	base := rel.Chart
	if info, err := os.Stat(rel.Chart); err == nil && !info.IsDir() {
		base = filepath.Dir(rel.Chart)
	}
	v.inputs = digest.Tree{}.Put(relative(p.Dir, base), v.files)
	for _, folder := range deploy.LocalDependencies(rel.Chart) {
		if concerns(rel.Chart, []string{folder}) {
			continue // in the chart, and read with it
		}
		files, err := r.hasher.Linked(ctx, folder, r.noise)
		if err != nil {
			continue // a chart that names what is not there is told of when it is applied
		}
		v.inputs = v.inputs.Put(relative(p.Dir, folder), files)
	}
	for _, path := range ValueFiles(rel) {
		sum, err := r.hasher.Content(path)
		if err != nil {
			v.err = fmt.Errorf("its values: %w", mended(err, p.File, "releases."+name))
			return v
		}
		v.inputs = v.inputs.With(relative(p.Dir, path), sum)
	}
	v.inputs = v.inputs.With(setting(p, "releases", name), settingsOf(rel))
	return v
}

// mended adds to an error what to do about a file that is not there, or may not be
// read. key is what names it in the project's file.
func mended(err error, file, key string) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; let devloop read it, as by chmod u+r, or take it away", err)
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &at):
		return &absentError{fmt.Sprintf("there is no %s: make it, or correct %s in %s", at.Path, key, filepath.Base(file)), err}
	}
	return err
}

// absentError says in a user's words that a file is not there. Whoever looks for the
// file finds it in what it wraps.
type absentError struct {
	text string
	err  error
}

func (e *absentError) Error() string { return e.text }
func (e *absentError) Unwrap() error { return e.err }

// concerns: one of the paths is the root, lies below it, or is a folder that it
// lies in.
func concerns(root string, paths []string) bool {
	within := func(dir, path string) bool {
		rest, ok := strings.CutPrefix(path, dir)
		return ok && (rest == "" || os.IsPathSeparator(rest[0]) || os.IsPathSeparator(dir[len(dir)-1]))
	}
	for _, path := range paths {
		if within(root, path) || within(path, root) {
			return true
		}
	}
	return false
}

// settings are those of no image and no release. There are always some, so that
// none means that nothing is known.
func settings(p *config.Project) digest.Tree {
	file := relative(p.Dir, p.File)
	return digest.TreeOf(map[string]string{
		file + " (forward)":       settingsOf(p.Forward),
		file + " (drift)":         settingsOf(p.Drift),
		file + " (allowContexts)": settingsOf(p.AllowContexts),
	})
}

// setting is the path under which the settings of a target count as an input.
func setting(p *config.Project, section, name string) string {
	return relative(p.Dir, p.File) + " (" + section + "." + name + ")"
}

// settingsOf digests what devloop.yaml says of one target.
func settingsOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return digest.Of(fmt.Sprintf("%#v", v)) // a value that JSON does not know, such as NaN
	}
	return digest.Of(string(data))
}
