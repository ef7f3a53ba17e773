package scaffold

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ImageValue is a value of a chart that names an image.
type ImageValue struct {
	// Path is the value's place as releases.*.images has it.
	Path string
	// Repository is what it names now, without the tag; it may be empty.
	Repository string
}

var imageKey = regexp.MustCompile(`(?i)image$`)

// imageValues finds the values that name images: strings under a key that ends in
// image, and maps with a repository and a tag. The second result are those that
// devloop cannot set, in words.
func imageValues(vals map[string]any) ([]ImageValue, []string) {
	f := &imageFinder{}
	f.visit("", "", vals)
	return f.found, f.unsettable
}

type imageFinder struct {
	found      []ImageValue
	unsettable []string
}

func (f *imageFinder) visit(at, key string, v any) {
	switch v := v.(type) {
	case string:
		if imageKey.MatchString(key) {
			f.found = append(f.found, ImageValue{at, repository(v)})
		}
	case []any:
		for i, item := range v {
			f.visit(fmt.Sprintf("%s[%d]", at, i), "", item)
		}
	case map[string]any:
		if f.isImage(at, key, v) {
			return
		}
		f.pairs(at, v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.visit(join(at, k), k, v[k])
		}
	}
}

// isImage takes a map that is an image's own.
func (f *imageFinder) isImage(at, key string, v map[string]any) bool {
	repo, hasRepo := v["repository"]
	_, hasTag := v["tag"]
	name, hasName := v["name"].(string)
	called := imageKey.MatchString(key)
	switch {
	case hasRepo && (hasTag || called) && at != "":
		text, _ := repo.(string)
		f.found = append(f.found, ImageValue{at, repository(text)})
		return true
	case hasRepo && hasTag:
		f.unsettable = append(f.unsettable, "repository and tag stand at the top: put them under image:, with image.repository and image.tag in the templates")
	case called && hasName && hasTag:
		f.unsettable = append(f.unsettable, fmt.Sprintf("%s (%s) is in name and tag: call the first repository, here and in the templates", at, name))
		return true
	}
	return false
}

// pairs finds imageRepository beside imageTag and the like.
func (f *imageFinder) pairs(at string, v map[string]any) {
	for _, k := range slices.Sorted(maps.Keys(v)) {
		for _, end := range []string{"Repository", "Name"} {
			stem, ok := strings.CutSuffix(k, end)
			if !ok || !imageKey.MatchString(stem) {
				continue
			}
			if _, tagged := v[stem+"Tag"]; tagged {
				f.unsettable = append(f.unsettable, fmt.Sprintf("%s and %sTag are two values for one image: make them %s.repository and %s.tag",
					join(at, k), join(at, stem), join(at, stem), join(at, stem)))
			}
		}
	}
}

func join(at, key string) string {
	key = strings.ReplaceAll(key, ".", `\.`)
	if at == "" {
		return key
	}
	return at + "." + key
}

// repository is a reference without tag and digest. A colon before a slash
// belongs to a port.
func repository(ref string) string {
	ref, _, _ = strings.Cut(strings.TrimSpace(ref), "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		ref = ref[:i]
	}
	return ref
}

var imageLine = regexp.MustCompile(`^\s*(?:-\s+)?image:\s*["']?([^\s"'{}#]+)["']?\s*(?:#.*)?$`)

// writtenOut finds images that a chart's templates name without a value.
func writtenOut(dir, chart string) []string {
	var out []string
	root := filepath.Join(dir, filepath.FromSlash(chart), "templates")
	files, _ := filepath.Glob(filepath.Join(root, "*.yaml"))
	nested, _ := filepath.Glob(filepath.Join(root, "*", "*.yaml"))
	for _, file := range append(files, nested...) {
		rel, _ := filepath.Rel(root, file)
		where := path.Join(chart, "templates", filepath.ToSlash(rel))
		out = append(out, imageLines(file, where)...)
	}
	return out
}

func imageLines(file, where string) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil // helm says so when it renders
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if m := imageLine.FindStringSubmatch(lines.Text()); m != nil {
			out = append(out, fmt.Sprintf("%s:%d: image %s is written out: make it a value if it is built here, as in image: {{ .Values.image }}", where, n, m[1]))
		}
	}
	return out
}
