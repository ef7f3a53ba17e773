package inputs

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/plan"
)

// large is a project whose image has 100,000 files, most of them in folders that
// an ignore file speaks of.
func large(b *testing.B) *config.Project {
	p := shop(b)
	save(b, filepath.Join(p.Dir, "app", ".dockerignore"), "**/*.log\n**/node_modules/.cache\n*.md\n!README.md\ntmp\n.git\n")
	for i := range 100_000 {
		save(b, filepath.Join(p.Dir, "app", fmt.Sprintf("pkg%02d", i%20), fmt.Sprintf("mod%03d", i%1000), fmt.Sprintf("file%05d.js", i)), fmt.Sprint("x", i))
	}
	return p
}

// BenchmarkSaveToPlan is from a settled change to the plan.
func BenchmarkSaveToPlan(b *testing.B) {
	for name, project := range map[string]func(*testing.B) *config.Project{"small": func(b *testing.B) *config.Project { return shop(b) }, "100k": large} {
		b.Run(name, func(b *testing.B) {
			p, r := project(b), reader()
			was := look(b, r, p, Change{All: true})
			path := filepath.Join(p.Dir, "app", "main.go")
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				n++
				save(b, path, fmt.Sprint("edit ", n))
				b.StartTimer()
				now := look(b, r, p, Change{Paths: []string{path}})
				if got := plan.Make(was.State, now.State); len(got) != 1 {
					b.Fatal(got)
				}
				was = now
			}
		})
	}
}

// BenchmarkStart is the look of a start of devloop, the first and a later one.
func BenchmarkStart(b *testing.B) {
	p := large(b)
	cache := filepath.Join(b.TempDir(), "x.digests")
	for _, name := range []string{"first", "later"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h := digest.Open(digest.Options{Cache: cache})
				r := New(h, func(rel string, _ bool) bool { return rel == ".git" })
				if s := look(b, r, p, Change{All: true}); s.State.Images["app"].Inputs.Len() < 100_000 {
					b.Fatal("files are missing")
				}
				if name == "later" && h.Reads() > 0 {
					b.Fatalf("%d files were read", h.Reads())
				}
			}
			if name == "first" {
				fill(b, p, cache)
			}
		})
	}
}

// fill writes the cache file, of files that are old enough to be believed.
func fill(b *testing.B, p *config.Project, cache string) {
	b.Helper()
	for {
		h := digest.Open(digest.Options{Cache: cache})
		look(b, New(h, func(rel string, _ bool) bool { return rel == ".git" }), p, Change{All: true})
		if h.Reads() == 0 {
			return
		}
		if err := h.Save(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory tells what a look at 100,000 files keeps.
func BenchmarkMemory(b *testing.B) {
	p := large(b)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := reader()
		s := look(b, r, p, Change{All: true})
		for range 3 {
			s = look(b, r, p, Change{All: true})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
		runtime.KeepAlive(s)
		runtime.KeepAlive(r)
	}
}
