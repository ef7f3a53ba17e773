package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

const (
	transfer metric = "transfer" // seconds that BuildKit's step for the context took
	sent     metric = "sent"     // megabytes from devloop to docker, all of them
)

// builtLarge changes a small file in a large context.
func builtLarge() scenario {
	return scenario{Name: "build-context-200", Prepare: func(ctx context.Context, b *bench) (*plan, error) {
		megabytes := b.size(200, 20)
		dir, ns, err := b.imagesOf(ctx, 1, func(int) project.Files {
			return project.Files{"Dockerfile": "FROM scratch\nCOPY assets /assets\nCOPY note.txt /note.txt\n", "note.txt": "first"}
		})
		if err != nil {
			return nil, err
		}
		if err := b.assets(filepath.Join(dir, project.ImageValue(0), "assets"), megabytes); err != nil {
			return nil, err
		}
		shop, err := b.workshop(ctx)
		if err != nil {
			return nil, err
		}
		wire, err := b.countingProxy(ctx, shop.Docker)
		if err != nil {
			return nil, err
		}
		l, err := b.up(ctx, dir, "DOCKER_HOST="+wire.address)
		if err != nil {
			return nil, err
		}
		edits := &note{of: b.id}
		trial := func(ctx context.Context) (sample, error) {
			now, err := b.references(ctx, ns)
			if err != nil {
				return sample{}, err
			}
			c := change{file: project.ImageValue(0) + "/note.txt", text: edits.next(), object: observe.ConfigMap(ns, release),
				seen: []observe.Condition{observe.DataOtherThan(now)}}
			was := wire.sent()
			s, err := b.saved(ctx, l, dir, c)
			if err != nil {
				return s, err
			}
			s.Values[sent] = float64(wire.sent()-was) / 1e6
			return s, nil
		}
		return &plan{Arms: []arm{{report.Subject, min(b.runs, 7), trial}}, Rows: []row{
			{Metric: transfer, Work: fmt.Sprintf("1 small file of a context of %d MB: transfer of the context, by BuildKit's own clock", megabytes), Unit: report.Seconds,
				Targets: []report.Target{{Most: 0.15}}},
			{Metric: sent, Work: "same: sent to docker, counted on the connection", Unit: report.Megabytes,
				Targets: []report.Target{{Most: 1, Always: true}}},
			{Metric: written, Work: "same: save to the new reference written", Unit: report.Seconds},
		}}, nil
	}}
}

// assets writes files of 100 KB that cannot be compressed.
func (b *bench) assets(dir string, megabytes int) error {
	source, block := rand.NewChaCha8([32]byte{}), make([]byte, 100_000)
	for i := range megabytes * 10 {
		path := filepath.Join(dir, fmt.Sprintf("d%02d", i%20), fmt.Sprintf("f%04d.bin", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write the context: %w", err)
		}
		_, _ = source.Read(block) // never fails
		copy(block, b.id)
		if err := os.WriteFile(path, block, 0o644); err != nil {
			return fmt.Errorf("write the context: %w", err)
		}
	}
	return nil
}
