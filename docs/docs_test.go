// Package docs holds what the documentation says against the repository. It has
// tests only.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = ".."

// pages are all Markdown files of the repository, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	walk(t, ".md", func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	})
	if all["../README.md"] == "" || all["../docs/README.md"] == "" {
		t.Fatal("the repository's pages are not found")
	}
	return all
}

func walk(t *testing.T, ext string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin"):
			return fs.SkipDir
		case !d.IsDir() && filepath.Ext(path) == ext:
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```$|^    .*?$|`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	unsaid  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the fragments that GitHub gives the headings of a page.
func anchors(text string) map[string]bool {
	text = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		title := link.ReplaceAllString(m[1], "]")
		all[strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(title), ""), " ", "-")] = true
	}
	return all
}

func TestLinksLeadSomewhere(t *testing.T) {
	all, count := pages(t), 0
	for page, text := range all {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			count++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, m[1])
			} else if anchor != "" && !anchors(all[target])[anchor] {
				t.Errorf("%s: the link %s leads to no heading of %s", page, m[1], target)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d links are found", count)
	}
}

func TestEveryPageIsInTheIndex(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file != "README.md" && !strings.Contains(string(index), "]("+file) {
			t.Errorf("docs/README.md does not lead to %s", file)
		}
	}
}

// What troubleshooting.md gives as devloop's words are words of the program.
func TestSymptomsAreWhatDevloopPrints(t *testing.T) {
	var words strings.Builder
	walk(t, ".go", func(path string) {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../test/") || strings.HasPrefix(path, "../examples/") || strings.HasPrefix(path, "../hack/") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					words.WriteString(s + "\n")
				}
			case *ast.SelectorExpr: // some of Kubernetes' reasons are constants of its API
				words.WriteString(n.Sel.Name + "\n")
			}
			return true
		})
	})
	text, err := os.ReadFile("troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	symptoms := regexp.MustCompile("(?m)^### `(.*)`$").FindAllStringSubmatch(string(text), -1)
	if len(symptoms) < 20 {
		t.Errorf("only %d symptoms are found", len(symptoms))
	}
	for _, s := range symptoms {
		for part := range strings.SplitSeq(s[1], "…") {
			if part = strings.TrimSpace(part); len(part) > 3 && !strings.Contains(words.String(), part) {
				t.Errorf("no message of devloop has %q of the symptom %q", part, s[1])
			}
		}
	}
}
