//go:build sandbox

package deploy

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/devloop-dev/devloop/test/bench/project"
)

// BenchmarkValuesEdit is a changed value of a four-object chart, from the call
// to the end of the write.
func BenchmarkValuesEdit(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	i := 0
	for b.Loop() {
		i++
		pause(b)
		rel.Set = map[string]any{"replicas": 0, "who": fmt.Sprint(i)}
		if res := s.apply(b, rel); res.Action != Upgraded {
			b.Fatal(res.Action)
		}
	}
}

func BenchmarkUnchanged(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	for b.Loop() {
		pause(b)
		if res := s.apply(b, rel); res.Action != Unchanged {
			b.Fatal(res.Action)
		}
	}
}

// many is a chart of n config maps, of which one prints a value.
func many(n int) map[string]string {
	var t strings.Builder
	for i := range n {
		fmt.Fprintf(&t, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm-%d}\ndata: {index: \"%d\"}\n", i, i)
	}
	return map[string]string{"templates/many.yaml": t.String(), "templates/config.yaml": small()["templates/config.yaml"]}
}

func BenchmarkOneOf500(b *testing.B)  { oneOf(b, 500) }
func BenchmarkOneOf2000(b *testing.B) { oneOf(b, 2000) }

// pause lets the cluster go on with its own business between two turns, as it does
// between two saves. In a tight loop the API server's caches are always fresh,
// and a list never waits for them.
func pause(b *testing.B) {
	b.StopTimer()
	time.Sleep(1500 * time.Millisecond)
	b.StartTimer()
}

// cpuTime reports what this process computes for one turn: on a busy machine it
// tells more than the clock.
func cpuTime(b *testing.B) func() {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := used()
	return func() { b.ReportMetric(float64((used()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

func oneOf(b *testing.B, n int) {
	s := newSandbox(b)
	rel := s.release(b, many(n-1))
	rel.Set = map[string]any{"who": "0"}
	s.apply(b, rel)
	i := 0
	defer cpuTime(b)()
	for b.Loop() {
		i++
		pause(b)
		rel.Set = map[string]any{"who": fmt.Sprint(i)}
		if res := s.apply(b, rel); res.Action != Upgraded || len(res.Written) != 1 {
			b.Fatalf("%s, %d written", res.Action, len(res.Written))
		}
	}
}

// One template of many is edited, as on a save.
func BenchmarkEdit500(b *testing.B)  { editOne(b, project.ConfigMaps(500)) }
func BenchmarkEdit2000(b *testing.B) { editOne(b, project.ConfigMaps(2000)) }
func BenchmarkEditUmbrella(b *testing.B) {
	chart, err := project.Umbrella(5_000_000, "deploy.bench.example.com")
	if err != nil {
		b.Fatal(err)
	}
	editOne(b, chart)
}

func editOne(b *testing.B, chart project.Files) {
	s := newSandbox(b)
	dir := b.TempDir()
	if err := chart.Write(dir); err != nil {
		b.Fatal(err)
	}
	rel := Release{Name: "web", Namespace: s.namespace, Chart: dir}
	s.apply(b, rel)
	var sum Stages
	i := 0
	defer cpuTime(b)()
	for b.Loop() {
		i++
		b.StopTimer()
		if err := project.Save(dir, filepath.Join(dir, project.Template(i%5)), project.ConfigMap(i%5, fmt.Sprint("edit ", i))); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		pause(b)
		res := s.apply(b, rel)
		if res.Action != Upgraded || len(res.Written) != 1 {
			b.Fatalf("%s, %d written", res.Action, len(res.Written))
		}
		sum.Load += res.Stages.Load
		sum.Render += res.Stages.Render
		sum.Read += res.Stages.Read
		sum.Write += res.Stages.Write
		sum.Record += res.Stages.Record
	}
	for name, d := range map[string]time.Duration{"load": sum.Load, "render": sum.Render, "read": sum.Read, "write": sum.Write, "record": sum.Record} {
		b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), name+"-ms/op")
	}
}

// BenchmarkInstall500 is a first install.
func BenchmarkInstall500(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := newSandbox(b)
		rel := s.release(b, many(499))
		rel.Set = map[string]any{"who": "0"}
		b.StartTimer()
		s.apply(b, rel)
	}
}

func BenchmarkUnchanged500(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, many(499))
	rel.Set = map[string]any{"who": "0"}
	s.apply(b, rel)
	defer cpuTime(b)()
	for b.Loop() {
		pause(b)
		if res := s.apply(b, rel); res.Action != Unchanged {
			b.Fatal(res.Action)
		}
	}
}

// BenchmarkFirstUnchanged is a process that starts and finds nothing to do.
func BenchmarkFirstUnchanged(b *testing.B) {
	s := newSandbox(b)
	rel := s.release(b, small())
	rel.Set = map[string]any{"replicas": 0}
	s.apply(b, rel)
	for b.Loop() {
		c, err := New(s.getter.config, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if res, err := c.Apply(b.Context(), rel); err != nil || res.Action != Unchanged {
			b.Fatal(res.Action, err)
		}
	}
}
