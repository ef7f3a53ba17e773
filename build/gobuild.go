package build

import (
	"cmp"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// scratch is the base that holds nothing.
const scratch = "scratch"

// GoBuild says how an image is made of a Go program, without a Dockerfile: one
// layer with the program, as /app/NAME, on a base. The context is the folder of
// the program's module, or one below it.
//
// The program is built without cgo, without paths of this machine and without the
// state of version control, and no file of the image has a time of its own: the
// same sources and the same Go give the same image.
type GoBuild struct {
	// Package is that of the program, relative to the context, as in ./cmd/app.
	Package string
	// Base is the image below the program's layer: one of docker's daemon, or of a
	// registry when docker does not have it. Default: scratch, which holds the
	// program and an empty /tmp.
	Base string
	// Flags are for go build, as in -tags=prod; Ldflags for its linker, as in -s.
	Flags, Ldflags []string
	// Env are environment variables of the image, beside those of the base.
	Env map[string]string
	// User is whom the program runs as, as in 65532 or 1000:1000. Default: that of
	// the base; on scratch 65532.
	User string
	// Ports are those the program listens on, which tools show. Nothing is opened.
	Ports []int
}

// base is the image to build on, empty for scratch.
func (g *GoBuild) base() string {
	if g.Base == scratch {
		return ""
	}
	return g.Base
}

// platform is os, architecture and variant of what is built: linux and that of
// this machine unless the spec names another.
func (s Spec) platform() (system, arch, variant string) {
	system, rest, _ := strings.Cut(s.Platform, "/")
	arch, variant, _ = strings.Cut(rest, "/")
	return cmp.Or(system, "linux"), cmp.Or(arch, runtime.GOARCH), variant
}

// goEnv is what the go command is told beside this process's environment.
func (s Spec) goEnv() []string {
	system, arch, variant := s.platform()
	env := []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch}
	switch {
	case variant == "":
	case arch == "arm":
		env = append(env, "GOARM="+strings.TrimPrefix(variant, "v"))
	case arch == "amd64":
		env = append(env, "GOAMD64="+variant)
	}
	return env
}

// flags are those of go list and go build alike. The linker leaves Go's own build
// id out: it differs between sources that give the same program.
func (g *GoBuild) flags() []string {
	return append(slices.Clone(g.Flags), "-ldflags="+strings.Join(append([]string{"-buildid="}, g.Ldflags...), " "))
}

// program is what the program's file is called: the last part of its package, or
// the name of the context's folder.
func (s source) program() string {
	name := path.Base(path.Clean(filepath.ToSlash(s.Go.Package)))
	if name == "." || name == ".." || name == "/" {
		name = filepath.Base(filepath.Join(s.Context, filepath.FromSlash(s.Go.Package)))
	}
	return name
}
