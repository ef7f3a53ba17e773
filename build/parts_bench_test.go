//go:build sandbox

package build

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkRealLoadOfASmallLayer brings an image of which containerd lacks some
// bytes of 50 MB, and beside that a whole docker save of it.
func BenchmarkRealLoadOfASmallLayer(b *testing.B) {
	cli, kube := realDocker(b), cluster(b)
	target := sandboxTarget(b, cli, kube)
	s := onLargeBase(b)
	made := func() string {
		if err := os.WriteFile(filepath.Join(s.Context, "text"), []byte(time.Now().String()), 0o644); err != nil {
			b.Fatal(err)
		}
		in, err := s.Inputs(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		img := mustBuild(b, cli, s, in)
		unload(b, target, img.Ref)
		return img.Ref
	}
	if err := target.Load(b.Context(), made()); err != nil {
		b.Fatal(err)
	}
	var missing, whole time.Duration
	for b.Loop() {
		ref := made()
		start := time.Now()
		if err := target.Load(b.Context(), ref); err != nil {
			b.Fatal(err)
		}
		missing += time.Since(start)
		ref = made()
		start = time.Now()
		saved, err := cli.ImageSave(b.Context(), []string{ref})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := target.client.Import(b.Context(), saved); err != nil {
			b.Fatal(err)
		}
		saved.Close()
		if err := awaitNotice(b.Context(), target, ref); err != nil {
			b.Fatal(err)
		}
		whole += time.Since(start)
	}
	b.ReportMetric(float64(missing.Milliseconds())/float64(b.N), "missing-ms")
	b.ReportMetric(float64(whole.Milliseconds())/float64(b.N), "whole-ms")
	b.ReportMetric(float64(whole)/float64(missing), "whole/missing")
}
