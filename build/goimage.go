package build

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	programDir = "/app/"
	nonroot    = "65532" // as the widely used distroless images have it
	plainPath  = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// goImage is the image of a compiled program on a base; nil for scratch. What it
// is made of alone decides on its digest.
func (s source) goImage(program []byte, base v1.Image) (v1.Image, error) {
	layer, err := s.goLayer(program, base == nil)
	if err != nil {
		return nil, err
	}
	onScratch := base == nil
	if onScratch {
		base = empty.Image
	}
	img, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{
		CreatedBy: "go build " + s.Go.Package, Created: epoch(),
	}})
	if err != nil {
		return nil, err
	}
	was, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := was.DeepCopy()
	config.Created, config.Author = epoch(), ""
	config.OS, config.Architecture, config.Variant = s.platform()
	config.Config.Entrypoint, config.Config.Cmd = []string{programDir + s.program()}, nil
	if onScratch {
		config.Config.Env, config.Config.User = []string{plainPath}, nonroot
	}
	config.Config.User = cmp.Or(s.Go.User, config.Config.User)
	for _, name := range slices.Sorted(maps.Keys(s.Go.Env)) {
		config.Config.Env = setEnv(config.Config.Env, name, s.Go.Env[name])
	}
	for _, port := range s.Go.Ports {
		if config.Config.ExposedPorts == nil {
			config.Config.ExposedPorts = map[string]struct{}{}
		}
		config.Config.ExposedPorts[strconv.Itoa(port)+"/tcp"] = struct{}{}
	}
	for name, value := range s.labels() {
		if config.Config.Labels == nil {
			config.Config.Labels = map[string]string{}
		}
		config.Config.Labels[name] = value
	}
	return mutate.ConfigFile(img, config)
}

// goLayer is the layer with the program, not compressed: it stays on this machine
// or is compressed on its way to a registry.
func (s source) goLayer(program []byte, onScratch bool) (v1.Layer, error) {
	var buf bytes.Buffer
	buf.Grow(len(program) + 8<<10)
	w := tar.NewWriter(&buf)
	entries := []tar.Header{
		{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "app/" + s.program(), Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(program))},
	}
	if onScratch {
		entries = append(entries, tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777})
	}
	for _, e := range entries {
		e.ModTime = epoch().Time
		err := w.WriteHeader(&e)
		if err == nil && e.Size > 0 {
			_, err = w.Write(program)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(buf.Bytes(), types.DockerUncompressedLayer), nil
}

// epoch is the time that everything in an image has.
func epoch() v1.Time { return v1.Time{Time: time.Unix(0, 0).UTC()} }

// setEnv sets a variable in a list of NAME=value.
func setEnv(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(e string) bool { return strings.HasPrefix(e, name+"=") })
	return append(env, name+"="+value)
}
