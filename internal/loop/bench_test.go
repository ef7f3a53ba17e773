package loop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// BenchmarkPlan is the time from a settled change of one file to the plan that
// comes of it, with so many files in the context of an image.
func BenchmarkPlan(b *testing.B) {
	for _, files := range []int{20, 100_000} {
		for _, path := range []string{"values.yaml", "app/0/0.go"} {
			b.Run(fmt.Sprintf("files=%d/%s", files, filepath.Base(path)), func(b *testing.B) {
				r := newRig(b)
				for i := range files {
					r.write(fmt.Sprintf("app/%d/%d.go", i/200, i%200), "package main\n")
				}
				planned := make(chan time.Time, 1)
				r.heard = func(e event.Event) {
					if p, is := e.(event.Planned); is && p.Iteration > 1 {
						select {
						case planned <- time.Now():
						default:
						}
					}
				}
				r.start()
				r.settled()
				took, n := time.Duration(0), 0
				for b.Loop() {
					n++
					r.write(path, fmt.Sprintf("text: %d\n", n))
					old := time.Now().Add(-time.Second) // as after the settle time
					if err := os.Chtimes(filepath.Join(r.dir, path), old, old); err != nil {
						b.Fatal(err)
					}
					start := time.Now()
					r.report(path)
					took += (<-planned).Sub(start)
					r.idleBut("")
					select {
					case <-planned: // of the upgrade after a build
					default:
					}
				}
				b.ReportMetric(float64(took.Microseconds())/float64(n)/1000, "ms/plan")
			})
		}
	}
}
