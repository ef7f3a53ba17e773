package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/logs"
)

// logsOptions are the flags of devloop logs.
type logsOptions struct {
	pod, container, level string
	grep, exclude         []string
	since                 time.Duration
	tail                  int64
	follow, raw           bool
}

// shownBefore is how many old lines of each container are shown when following.
const shownBefore = 20

func newLogs(g *global) *cobra.Command {
	o := logsOptions{}
	cmd := &cobra.Command{
		Use:   "logs [RELEASE...]",
		Short: "Show the logs of the project's pods, old and new",
		Long: `Shows the logs of all containers of the project's releases, or of those named, in one
stream in the order of their times, with the pod's name in its colour before each line.
JSON lines are shown as level, message and fields; -o json gives every line as it was
written, as an event of its own. It works with and without a devloop up.

When following, the last 20 lines of each container come first, with those of the run
before when that one crashed, and new pods are picked up as they start. Without --follow=false it ends with Ctrl-C.

--pod and --container take a name, a glob, or a regular expression between slashes; the
name of a deployment stands for all its pods. --grep and --exclude take regular
expressions and look at the line as it was written. With --level, a line that tells no
level counts as info, but for those that belong to a stack or a crash above them.

A terminal that is slower than the logs does not hold them up: what it misses is counted
in its place. Into a file or a pipe every line is written.`,
		RunE: func(cmd *cobra.Command, args []string) error { return showLogs(cmd, g, o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.pod, "pod", "", "only pods of this name")
	f.StringVar(&o.container, "container", "", "only containers of this name")
	f.StringArrayVar(&o.grep, "grep", nil, "only lines that match; several: any of them")
	f.StringArrayVar(&o.exclude, "exclude", nil, "no lines that match; several: none of them")
	f.StringVar(&o.level, "level", "", "only lines of this level and above: trace, debug, info, warn, error or fatal")
	f.DurationVar(&o.since, "since", 0, "only lines of this age, such as 10m")
	f.Int64Var(&o.tail, "tail", -1, "so many old lines of each container; -1 for all (default 20 when following without --since)")
	f.BoolVar(&o.follow, "follow", true, "go on with what is written from now on")
	f.BoolVar(&o.raw, "raw", false, "show JSON lines as they were written")
	return cmd
}

func showLogs(cmd *cobra.Command, g *global, o logsOptions, names []string) error {
	filter, err := o.filter()
	if err != nil {
		return usageError{err}
	}
	ctx := cmd.Context()
	project, err := g.load(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if names, err = releasesOf(project, names); err != nil {
		return err
	}
	kc, _, _, err := (&connector{global: g}).cluster(ctx, project)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(logs.ClientConfig(kc.Config))
	if err != nil {
		return fmt.Errorf("context %s: %w", kc.Name, err)
	}
	where, err := newInCluster(kc, project, names)
	if err != nil {
		return err
	}
	out := g.logWriter(cmd.OutOrStdout(), o.raw)
	defer out.close()
	say := func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "devloop: "+text) }
	if !cmd.Flags().Changed("tail") && o.follow && o.since == 0 {
		o.tail = shownBefore
	}
	s := logs.New(client, logs.Options{
		Since: o.since, Tail: tailOf(o.tail), Filter: filter, Once: !o.follow,
		Idle: out.flush, Notice: func(err error) { say(err.Error()) },
	}, out.line)
	if !o.follow {
		return readOnce(ctx, s, where, say)
	}
	err = followLogs(ctx, s, where, say)
	if err == nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// readOnce shows what there is.
func readOnce(ctx context.Context, s *logs.Streamer, where *inCluster, say func(string)) error {
	sel, missing, err := where.look(ctx)
	if err != nil {
		return err
	}
	if len(missing) == len(where.names) {
		return errors.New(absent(missing, false) + ": run devloop up first")
	}
	if len(missing) > 0 {
		say(absent(missing, false))
	}
	s.Follow(sel)
	return s.Run(ctx)
}

// followLogs shows what there is and what comes, also of releases that are
// installed or changed meanwhile.
func followLogs(ctx context.Context, s *logs.Streamer, where *inCluster, say func(string)) error {
	changed := make(chan struct{}, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	for _, namespace := range where.places() {
		g.Go(func() error {
			where.watch(ctx, namespace, func() {
				select {
				case changed <- struct{}{}:
				default:
				}
			})
			return nil
		})
	}
	g.Go(func() error {
		told := ""
		tell := func(text string) {
			if text != told && text != "" {
				say(text)
			}
			told = text
		}
		for {
			sel, missing, err := where.look(ctx)
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				tell(err.Error())
			case len(missing) > 0:
				tell(absent(missing, true))
			default:
				tell("")
			}
			if err == nil {
				s.Follow(sel)
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return nil
			}
		}
	})
	return g.Wait()
}

func newInCluster(kc *kube.Context, p *config.Project, names []string) (*inCluster, error) {
	cluster, err := deploy.New(kc.Config, deploy.Options{})
	if err != nil {
		return nil, err
	}
	records, err := metadata.NewForConfig(kc.Config)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	r := &inCluster{cluster: cluster, metadata: records, names: names, namespaces: map[string]string{}}
	for _, name := range names {
		r.namespaces[name] = p.Releases[name].In(kc.Namespace)
	}
	return r, nil
}

// releasesOf checks the names given; none stands for all.
func releasesOf(p *config.Project, names []string) ([]string, error) {
	all := p.ReleaseNames()
	if len(names) == 0 {
		if len(all) == 0 {
			return nil, fmt.Errorf("%s has no releases: there are no logs to show", p.File)
		}
		return all, nil
	}
	return names, known(p, "release", all, names)
}

// tailOf is how package logs counts: no limit is 0, no old line a negative.
func tailOf(lines int64) int64 {
	switch {
	case lines < 0:
		return 0
	case lines == 0:
		return -1
	}
	return lines
}

func (o logsOptions) filter() (f logs.Filter, err error) {
	set := func(flag string, to **regexp.Regexp, read func(string) (*regexp.Regexp, error), text string) {
		if text == "" || err != nil {
			return
		}
		if *to, err = read(text); err != nil {
			err = fmt.Errorf("--%s: %w", flag, err)
		}
	}
	set("pod", &f.Pod, logs.PodPattern, o.pod)
	set("container", &f.Container, logs.ContainerPattern, o.container)
	set("grep", &f.Grep, regexp.Compile, anyOf(o.grep))
	set("exclude", &f.Exclude, regexp.Compile, anyOf(o.exclude))
	if o.level != "" && err == nil {
		if f.Level, err = logs.ParseLevel(o.level); err != nil {
			err = fmt.Errorf("--level: %w", err)
		}
	}
	if o.since < 0 && err == nil {
		err = fmt.Errorf("--since %s: give how long ago, such as 10m", o.since)
	}
	return f, err
}

func anyOf(patterns []string) string {
	if len(patterns) < 2 {
		return strings.Join(patterns, "")
	}
	return "(?:" + strings.Join(patterns, ")|(?:") + ")"
}
