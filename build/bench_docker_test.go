//go:build sandbox

package build

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// largeContext is a context of 5,000 files and 100 MB that differs from run to
// run; its small file is small.txt.
func largeContext(t testing.TB) Spec {
	t.Helper()
	root := t.TempDir()
	block := make([]byte, 20<<10)
	for i := range 5000 {
		rand.Read(block)
		dir := filepath.Join(root, fmt.Sprintf("d%02d", i%50))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), block, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "Dockerfile"), []byte("FROM scratch\nCOPY . /\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Spec{Name: "devloop-test/large", Context: root}
}

// BenchmarkRealSmallEditOfALargeContext counts what is sent beside the time of a
// build. COPY . writes a layer of 100 MB each time; what is sent is the same with
// a Dockerfile that copies the one file, which is "narrow".
func BenchmarkRealSmallEditOfALargeContext(b *testing.B) {
	cli := realDocker(b)
	engines := map[string]Engine{"buildkit": cli, "classic": oldDaemon{cli}}
	for _, dockerfile := range []struct{ name, text string }{{"narrow", "FROM scratch\nCOPY d00 /d\nCOPY small.txt /\n"}, {"all", "FROM scratch\nCOPY . /\n"}} {
		for _, name := range []string{"buildkit", "classic"} {
			b.Run(dockerfile.name+"/"+name, func(b *testing.B) {
				s := largeContext(b)
				write := func(name, text string) {
					if err := os.WriteFile(filepath.Join(s.Context, name), []byte(text), 0o644); err != nil {
						b.Fatal(err)
					}
				}
				write("Dockerfile", dockerfile.text)
				write("small.txt", "0")
				buildOnce := func() Image {
					in, err := s.Inputs(b.Context(), nil)
					if err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					defer b.StopTimer()
					return mustBuild(b, engines[name], s, in)
				}
				b.StopTimer()
				buildOnce()
				b.ResetTimer()
				var sent Sent
				for i := range b.N {
					write("small.txt", fmt.Sprint("edit ", i))
					sent = buildOnce().Sent
				}
				b.ReportMetric(float64(sent.Bytes), "sent-B/op")
				b.ReportMetric(float64(sent.Files), "files/op")
			})
		}
	}
}

// BenchmarkRealCachedBuild is a build of which docker has everything but the tag.
func BenchmarkRealCachedBuild(b *testing.B) {
	cli := realDocker(b)
	engines := map[string]Engine{"buildkit": cli, "classic": oldDaemon{cli}}
	for _, name := range []string{"buildkit", "classic"} {
		b.Run(name, func(b *testing.B) {
			s := tenMB(b)
			for i := range b.N {
				b.StopTimer()
				s.Args = map[string]string{"UNUSED": fmt.Sprint(name, i)}
				in, err := s.Inputs(b.Context(), nil)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				mustBuild(b, engines[name], s, in)
			}
		})
	}
}
