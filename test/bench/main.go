package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/devloop-dev/devloop/internal/machine"
	"github.com/devloop-dev/devloop/test/bench/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process at once.
	context.AfterFunc(ctx, stop)

	opts, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(ctx, opts, os.Stdout, os.Stderr)
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\nbench: interrupted:", err)
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	devloop, helm string
	out, docs     string
	only          []string
	quick         bool
	runs, slow    int
	seed          uint64
}

func parse(args []string, errOut io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&o.devloop, "devloop", "bin/devloop", "the binary to measure")
	f.StringVar(&o.helm, "helm", "", "a helm binary (default: the version in go.mod, built by go install)")
	f.StringVar(&o.out, "out", "", "write all samples to this file, as JSON")
	f.StringVar(&o.docs, "docs", "", "write the tables between the markers of this Markdown file")
	f.BoolVar(&o.quick, "quick", false, "few runs on small projects: shows that the benchmark works; targets are not judged")
	f.IntVar(&o.runs, "runs", 15, "runs of each arm")
	f.IntVar(&o.slow, "slow-runs", 3, "runs of the helm arm where one takes many seconds")
	f.Uint64Var(&o.seed, "seed", 0, "of the random order (default: by the time)")
	only := f.String("only", "", "these scenarios, separated by commas: "+strings.Join(names(), ", "))
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("what is %q? Everything is said by flags; see -help", f.Args())
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return o, fmt.Errorf("-only %s: there are the scenarios %s", name, strings.Join(names(), ", "))
		}
	}
	if o.quick {
		o.runs, o.slow = min(o.runs, 2), 1
	}
	if o.runs < 1 || o.slow < 1 {
		return o, errors.New("-runs and -slow-runs must be 1 or more")
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	return o, nil
}

func run(ctx context.Context, opts options, out, progress io.Writer) (err error) {
	b, err := open(ctx, opts, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.clear(ctx), os.RemoveAll(b.work)) }()
	var version string
	if b.helmBinary, version, err = b.findHelm(ctx); err != nil {
		return err
	}
	facts, err := b.machine(version)
	if err != nil {
		return err
	}
	rep := report.Report{Machine: facts, Seed: opts.seed, Quick: opts.quick, Load: map[string]float64{}}
	var failed []error
	for i, s := range scenarios() {
		if len(opts.only) > 0 && !slices.Contains(opts.only, s.Name) {
			continue
		}
		// Each scenario has its own order, so that -only repeats it.
		b.random = rand.New(rand.NewPCG(opts.seed, nameSeed(s.Name)))
		b.id = fmt.Sprintf("%s-%d", b.begun, i)
		rep.Load[s.Name] = machine.Load()
		if err := b.scenario(ctx, s, &rep); err != nil {
			failed = append(failed, fmt.Errorf("scenario %s: %w", s.Name, err))
		}
		if ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	fmt.Fprintln(out)
	if err := rep.WriteText(out); err != nil {
		return err
	}
	if opts.out != "" {
		failed = append(failed, rep.WriteJSON(opts.out))
	}
	if err := errors.Join(failed...); err != nil || opts.docs == "" {
		return err // a table with holes is not for the documentation
	}
	return rep.WriteDocs(opts.docs)
}

// nameSeed makes a scenario's order its own.
func nameSeed(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
