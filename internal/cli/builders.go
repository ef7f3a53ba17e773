package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/request"
)

// builders builds images of a project side by side, each after those that it is
// built on.
type builders struct {
	docker  *build.Docker
	hasher  *digest.Hasher
	project *config.Project
	stack   request.Stack
	say     *said

	mu   sync.Mutex
	refs map[string]string // of what is built
}

// all builds the named images and those they are built on. The references are of
// what could be built, the error says what could not.
func (b *builders) all(ctx context.Context, names []string) (map[string]string, error) {
	wanted := map[string]bool{}
	var want func(names []string)
	want = func(names []string) {
		for _, name := range names {
			wanted[name] = true
			want(b.stack.Bases(name))
		}
	}
	want(names)
	b.refs = map[string]string{}
	ended := map[string]chan struct{}{}
	for name := range wanted {
		ended[name] = make(chan struct{})
	}
	failed := make([]error, 0, len(wanted))
	var group errgroup.Group
	for _, name := range b.stack.Order() {
		if !wanted[name] {
			continue
		}
		group.Go(func() error {
			defer close(ended[name])
			for _, base := range b.stack.Bases(name) {
				<-ended[base]
			}
			ref, err := b.one(ctx, name)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.refs[name] = ref; err != nil {
				failed = append(failed, err)
			}
			return nil
		})
	}
	_ = group.Wait() // failures are told one by one
	return b.refs, errors.Join(failed...)
}

func (b *builders) one(ctx context.Context, name string) (string, error) {
	if err := b.stack.Circle(name); err != nil {
		return "", fmt.Errorf("image %s: %w", name, err)
	}
	b.mu.Lock()
	refs := maps.Clone(b.refs)
	b.mu.Unlock()
	spec, ok := b.stack.With(b.project, name, refs)
	if !ok {
		return "", fmt.Errorf("image %s: not built, since an image it is built on could not be", name)
	}
	if im := b.project.Images[name]; len(im.Prebuild) > 0 {
		run := build.Prebuild{Dir: im.Context, Command: im.Prebuild}
		if err := run.Run(ctx, func(line string) { b.say.line("%s | %s", name, line) }); err != nil {
			return "", fmt.Errorf("image %s: prebuild: %w", name, err)
		}
	}
	in, err := spec.Inputs(ctx, b.hasher)
	if err != nil {
		return "", err
	}
	made, err := b.docker.Build(ctx, spec, in, func(s build.Step) { b.say.line("%s | %s", name, s) })
	if err != nil {
		return "", err
	}
	if !made.Built {
		b.say.line("%s | is there already", name)
	}
	return made.Ref, nil
}
