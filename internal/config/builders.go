package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// envName is what a shell takes for a variable.
var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// HasDockerfile tells whether the image is built by a Dockerfile.
func (im Image) HasDockerfile() bool { return im.Go == "" && im.Custom == nil }

// checkBuilder checks that the keys of an image are those of one way to build it.
func checkBuilder(name string, im Image, s source) error {
	at := func(keys ...string) []string { return append([]string{"images", name}, keys...) }
	set := map[string]bool{
		"go": im.Go != "", "custom": im.Custom != nil,
		"dockerfile": im.Dockerfile != "", "target": im.Target != "", "args": im.Args != nil, "secrets": im.Secrets != nil, "ssh": im.SSH != nil,
		"base": im.Base != "", "flags": im.Flags != nil, "ldflags": im.Ldflags != nil, "env": im.Env != nil, "user": im.User != "", "ports": im.Ports != nil,
	}
	program := []string{"base", "flags", "ldflags", "env", "user", "ports"}
	stray := func(way string, keys ...string) error {
		for _, key := range keys {
			if set[key] {
				return s.errorf(at(key), "remove "+key+": or "+way, "image %s: %s and %s do not go together", name, way, key)
			}
		}
		return nil
	}
	switch {
	case im.Go != "":
		if err := stray("go", "custom", "dockerfile", "target", "args", "secrets", "ssh"); err != nil {
			return err
		}
		return checkGo(name, im, s)
	case im.Custom != nil:
		if len(im.Custom) == 0 || im.Custom[0] == "" {
			return s.errorf(at("custom"), "name the command and its arguments, as in [./image.sh]", "image %s has an empty custom command", name)
		}
		return stray("custom", append(program, "dockerfile", "target", "args", "secrets", "ssh")...)
	}
	for _, key := range program {
		if set[key] {
			return s.errorf(at(key), "name the program as in go: ./cmd/"+name+", or remove the key", "image %s: %s is for images with go", name, key)
		}
	}
	return nil
}

func checkGo(name string, im Image, s source) error {
	at := func(keys ...string) []string { return append([]string{"images", name}, keys...) }
	if im.Go != "." && !strings.HasPrefix(im.Go, "./") {
		return s.errorf(at("go"), "write the program's folder as seen from the context, as in go: ./cmd/"+name, "image %s: go %q does not begin with ./", name, im.Go)
	}
	for i, flag := range im.Flags {
		base, _, _ := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		switch strings.TrimPrefix(base, "-") {
		case "o", "C", "n", "json", "ldflags":
			return s.errorf(at("flags", index(i)), "remove it; what is for the linker goes under ldflags:", "image %s: devloop itself decides on -%s", name, strings.TrimPrefix(base, "-"))
		}
		if !strings.HasPrefix(flag, "-") {
			return s.errorf(at("flags", index(i)), "write it as one entry, as in -tags=prod", "image %s: %q is no flag of go build", name, flag)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(im.Env)) {
		if !envName.MatchString(key) {
			return s.errorf(at("env", key), "use letters, digits and _", "image %s: %q cannot be the name of a variable", name, key)
		}
	}
	for i, port := range im.Ports {
		if port < 1 || port > 65535 {
			return s.errorf(at("ports", index(i)), "ports go from 1 to 65535", "image %s: port %s is out of range", name, fmt.Sprint(port))
		}
	}
	return nil
}
