package build

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devloop-dev/devloop/internal/digest"
)

// packed is the tar of a spec's inputs, and the Dockerfile's name in it.
func packed(t *testing.T, s Spec, in Inputs) ([]byte, string, error) {
	t.Helper()
	src, err := s.source()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newParcel(job{src: src, in: in})
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	err = p.write(t.Context(), &buf)
	return buf.Bytes(), p.dockerfile, err
}

// listing is one line an entry: mode, name and content or target.
func listing(t *testing.T, data []byte) []string {
	t.Helper()
	var lines []string
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s: time %v, owner %d:%d %q", h.Name, h.ModTime, h.Uid, h.Gid, h.Uname)
		}
		line := fmt.Sprintf("%o %s", h.Mode, h.Name)
		if h.Typeflag == tar.TypeSymlink {
			line += " -> " + h.Linkname
		} else if h.Typeflag == tar.TypeReg {
			line += fmt.Sprintf(" %q", text)
		}
		lines = append(lines, line)
	}
}

func TestTarHasExactlyTheInputs(t *testing.T) {
	root := folder(t, map[string]string{
		"Dockerfile": "FROM scratch\n", ".dockerignore": "*.log\nempty", "a/b/deep": "deep", "run": "#!", "x.log": "x", "ü": "u",
	})
	if err := os.Chmod(filepath.Join(root, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b/deep", filepath.Join(root, "a", "link")); err != nil {
		t.Fatal(err)
	}
	s := Spec{Name: "app", Context: root}
	data, dockerfile, err := packed(t, s, inputs(t, s))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`644 .dockerignore "*.log\nempty"`, `644 Dockerfile "FROM scratch\n"`,
		"755 a/", "755 a/b/", `644 a/b/deep "deep"`, "777 a/link -> b/deep", `755 run "#!"`, `644 ü "u"`,
	}
	if got := listing(t, data); !slices.Equal(got, want) {
		t.Errorf("tar\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if dockerfile != "Dockerfile" {
		t.Errorf("Dockerfile travels as %s", dockerfile)
	}
}

func TestSameInputsSameBytes(t *testing.T) {
	var tars [][]byte
	for _, mode := range []os.FileMode{0o644, 0o600} {
		root := project(t)
		touch(t, filepath.Join(root, "main.go"))
		if err := os.Chmod(filepath.Join(root, "main.go"), mode); err != nil {
			t.Fatal(err)
		}
		s := Spec{Name: "app", Context: root}
		data, _, err := packed(t, s, inputs(t, s))
		if err != nil {
			t.Fatal(err)
		}
		tars = append(tars, data)
	}
	if !bytes.Equal(tars[0], tars[1]) {
		t.Error("two checkouts of the same files give different tars")
	}
}

func TestAHiddenDockerfileTravelsUnderAnotherName(t *testing.T) {
	const own = `644 .dockerfile.devloop "FROM scratch\n"`
	tests := map[string]struct {
		files      map[string]string
		dockerfile string
		want       []string
	}{
		"outside": {
			map[string]string{"df": "FROM scratch\n", "ctx/a": "a"}, "df",
			[]string{own, `644 a "a"`, `644 .dockerignore ".dockerfile.devloop\n.dockerignore\n"`},
		},
		"outside, with an ignore file in the context": {
			map[string]string{"df": "FROM scratch\n", "ctx/a": "a", "ctx/.dockerignore": "b"}, "df",
			[]string{own, `644 .dockerignore "b\n.dockerfile.devloop\n"`, `644 a "a"`},
		},
		"hidden by its own ignore file": {
			map[string]string{"ctx/a": "a", "ctx/d/df": "FROM scratch\n", "ctx/d/df.dockerignore": "d\n"}, "ctx/d/df",
			[]string{`644 a "a"`, own, `644 .dockerignore ".dockerfile.devloop\n.dockerignore\n"`},
		},
		"hidden by .dockerignore, which docker sees to": {
			map[string]string{"ctx/Dockerfile": "FROM scratch\n", "ctx/.dockerignore": "Dockerfile\n"}, "ctx/Dockerfile",
			[]string{`644 .dockerignore "Dockerfile\n"`, `644 Dockerfile "FROM scratch\n"`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := folder(t, tt.files)
			s := Spec{Name: "app", Context: filepath.Join(root, "ctx"), Dockerfile: filepath.Join(root, filepath.FromSlash(tt.dockerfile))}
			data, dockerfile, err := packed(t, s, inputs(t, s))
			if err != nil {
				t.Fatal(err)
			}
			got := listing(t, data)
			if !slices.Equal(got, tt.want) {
				t.Errorf("tar\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
			if !slices.Contains(got, fmt.Sprintf(`644 %s "FROM scratch\n"`, dockerfile)) {
				t.Errorf("the tar has no %s", dockerfile)
			}
		})
	}
}

func TestAFileChangedMeanwhileStopsThePacking(t *testing.T) {
	tests := map[string]func(root string) error{
		"other content": func(r string) error { return os.WriteFile(filepath.Join(r, "f"), []byte("FIVE"), 0o644) },
		"longer":        func(r string) error { return os.WriteFile(filepath.Join(r, "f"), []byte("five and more"), 0o644) },
		"shorter":       func(r string) error { return os.WriteFile(filepath.Join(r, "f"), []byte("fi"), 0o644) },
		"gone":          func(r string) error { return os.Remove(filepath.Join(r, "f")) },
		"executable":    func(r string) error { return os.Chmod(filepath.Join(r, "f"), 0o755) },
		"a link": func(r string) error {
			return errors.Join(os.Remove(filepath.Join(r, "f")), os.Symlink("Dockerfile", filepath.Join(r, "f")))
		},
		"a folder": func(r string) error {
			return errors.Join(os.Remove(filepath.Join(r, "f")), os.Mkdir(filepath.Join(r, "f"), 0o755))
		},
		"link moved": func(r string) error {
			return errors.Join(os.Remove(filepath.Join(r, "l")), os.Symlink("Dockerfile", filepath.Join(r, "l")))
		},
		"outside": func(r string) error { return os.WriteFile(filepath.Join(r, "..", "df"), []byte("FROM x\n"), 0o644) },
		"not sent": func(r string) error {
			return os.WriteFile(filepath.Join(r, "..", "df.dockerignore"), []byte("q"), 0o644)
		},
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(folder(t, map[string]string{
				"df": "FROM scratch\n", "df.dockerignore": "z", "ctx/Dockerfile": "FROM scratch\n", "ctx/f": "four",
			}), "ctx")
			if err := os.Symlink("f", filepath.Join(root, "l")); err != nil {
				t.Fatal(err)
			}
			s := Spec{Name: "app", Context: root, Dockerfile: filepath.Join(root, "..", "df")}
			in := inputs(t, s)
			if _, _, err := packed(t, s, in); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
			if err := edit(root); err != nil {
				t.Fatal(err)
			}
			data, _, err := packed(t, s, in)
			if !errors.Is(err, ErrInputsChanged) {
				t.Errorf("error %v, want ErrInputsChanged", err)
			}
			if bytes.HasSuffix(data, make([]byte, 1024)) {
				t.Error("the tar has its end mark: a reader would take it for whole")
			}
		})
	}
}

func TestStreamedDigestIsTheHashersDigest(t *testing.T) {
	root := folder(t, map[string]string{"f": "text"})
	for _, mode := range []os.FileMode{0o644, 0o755} {
		path := filepath.Join(root, "f")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		want, err := digest.New().File(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := contentSum(mode)
		io.WriteString(sum, "text")
		if got := fmt.Sprintf("%x", sum.Sum(nil)); got != want {
			t.Errorf("mode %o: %s, want %s", mode, got, want)
		}
	}
}
