package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/internal/observe"
)

// bench is what all scenarios work with.
type bench struct {
	options
	out        io.Writer // progress
	begun      string    // tells this benchmark from others
	id         string    // of the scenario, in the name of everything that is made in the cluster
	work       string    // a temporary folder
	helmBinary string
	pace       time.Duration // the pause before each run
	context    string        // of the kubeconfig
	client     kubernetes.Interface
	dynamic    dynamic.Interface
	observer   *observe.Observer
	random     *rand.Rand // of the scenario under way

	processes []func() error                // end what the scenario started
	removals  []func(context.Context) error // remove what it made, in no order
}

func open(ctx context.Context, opts options, out io.Writer) (*bench, error) {
	path, err := filepath.Abs(opts.devloop)
	if err != nil {
		return nil, fmt.Errorf("find devloop: %w", err)
	}
	opts.devloop = path
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("find devloop: %w; run make build, or name the binary with -devloop", err)
	}
	kc, err := kube.Load("", "")
	if err != nil {
		return nil, err
	}
	if err := kc.Check(); err != nil {
		return nil, fmt.Errorf("benchmarks run on a local cluster only: %w", err)
	}
	b := &bench{options: opts, out: out, pace: personsPace, context: kc.Name, begun: strconv.FormatInt(time.Now().UnixMilli()%(36*36*36*36*36), 36)}
	if b.client, err = kubernetes.NewForConfig(kc.Config); err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	if b.dynamic, err = dynamic.NewForConfig(kc.Config); err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	if b.observer, err = observe.New(kc.Config); err != nil {
		return nil, err
	}
	if b.work, err = os.MkdirTemp("", "devloop-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	return b, ctx.Err()
}

// folder makes an empty folder to work in.
func (b *bench) folder(name string) (string, error) {
	dir, err := os.MkdirTemp(b.work, name+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder to work in: %w", err)
	}
	return dir, nil
}

// size is how large a scenario is: full, or small with -quick.
func (b *bench) size(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// end ends what the scenario started.
func (b *bench) end() error {
	var errs []error
	for _, end := range slices.Backward(b.processes) { // what began last may use what was there
		errs = append(errs, end())
	}
	b.processes = nil
	return errors.Join(errs...)
}

// clear removes what scenarios made, also after Ctrl-C.
func (b *bench) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	var g errgroup.Group
	failed := make([]error, len(b.removals))
	for i, remove := range b.removals {
		g.Go(func() error {
			failed[i] = remove(ctx)
			return nil
		})
	}
	_ = g.Wait() // all are tried; what failed is in failed
	b.removals = nil
	return errors.Join(failed...)
}

// say prints a line, progress one that the next one replaces.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.out, "\r\033[Kbench: "+format+"\n", args...)
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(b.out, "\r\033[Kbench: "+format, args...)
}
