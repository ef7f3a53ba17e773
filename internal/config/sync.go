package config

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// signals are those that programs take for a wish to begin anew or to read their
// files again. Those that end a program are not among them: what runs instead is
// started from the image, without the files.
func signals() []string { return []string{"HUP", "USR1", "USR2"} }

// checkSync checks what is copied into the containers of an image.
func checkSync(name string, im Image, s source) error {
	at := func(keys ...string) []string { return append([]string{"images", name, "sync"}, keys...) }
	if im.Sync == nil {
		return nil
	}
	if im.Go != "" {
		return s.errorf(at(), "remove sync: a program has to be compiled to be of use", "image %s: sync is not for images with go", name)
	}
	for i, r := range im.Sync {
		at := func(key string) []string { return at(index(i), key) }
		switch {
		case r.From == "":
			return s.errorf(at("from"), `name the files below the context, as in from: "web/**"`, "image %s: sync has an entry without from", name)
		case path.IsAbs(r.From) || r.From != path.Clean(r.From) || r.From == ".." || strings.HasPrefix(r.From, "../"):
			return s.errorf(at("from"), `write it as seen from the context, as in "web/**"`, "image %s: from %q does not lie below the context", name, r.From)
		case !doublestar.ValidatePattern(r.From):
			return s.errorf(at("from"), `close each [ and {, or write \[ for the letter itself`, "image %s: from %q is no pattern", name, r.From)
		case r.To == "":
			return s.errorf(at("to"), "name the folder in the container, as in to: /srv/web", "image %s: sync has an entry without to", name)
		case !path.IsAbs(r.To):
			return s.errorf(at("to"), "write it from / on, as in to: /"+r.To, "image %s: to %q is not an absolute folder", name, r.To)
		case r.To != path.Clean(r.To) || r.To == "/":
			return s.errorf(at("to"), "write it without .., // and a / at the end", "image %s: to %q is no plain folder", name, r.To)
		case r.Exec != nil && (len(r.Exec) == 0 || r.Exec[0] == ""):
			return s.errorf(at("exec"), "name the command and its arguments, as in [/app, reload], or remove the key", "image %s: sync has an empty exec", name)
		case r.Restart != "" && !slices.Contains(signals(), r.Restart):
			return s.errorf(at("restart"), "it can be "+strings.Join(signals(), ", ")+"; a process that cannot begin anew by itself is better built", "image %s: restart %q is no signal for that", name, r.Restart)
		}
	}
	return nil
}
