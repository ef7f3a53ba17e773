package main

import (
	"context"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// workshop is where the benchmark itself makes images, until the scenario's end.
func (b *bench) workshop(ctx context.Context) (*workshop.Workshop, error) {
	shop, err := workshop.Open(ctx, b.client, b.context)
	if err == nil {
		b.processes = append(b.processes, shop.Close)
	}
	return shop, err
}

// removeImages has a project's images removed from docker after the scenario.
func (b *bench) removeImages(project string) {
	b.removals = append(b.removals, func(ctx context.Context) error {
		cli, err := build.Connect(ctx, build.ConnectOptions{})
		if err != nil {
			return err
		}
		defer cli.Close()
		return workshop.RemoveImages(ctx, cli, project)
	})
}
