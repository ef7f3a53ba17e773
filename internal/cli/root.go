package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"github.com/devloop-dev/devloop/internal/config"
)

// The exit codes. A command that shows its own failure returns errShown.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

var (
	errShown       = errors.New("already shown")
	errInterrupted = errors.New("interrupted")
)

// usageError is a wrong flag or argument.
type usageError struct{ error }

// Main runs one command and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// The second signal ends the process at once.
	context.AfterFunc(ctx, stop)

	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errShown):
		return exitFailed
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "devloop: %v\nRun devloop --help for what there is.\n", err)
		return exitUsage
	}
	var bad *config.Error
	fmt.Fprintf(stderr, "devloop: %v\n", err)
	if errors.As(err, &bad) && bad.Snippet() != "" {
		fmt.Fprintln(stderr, bad.Snippet())
	}
	return exitFailed
}

// global are the flags all commands share.
type global struct {
	file       string
	profiles   []string
	context    string
	kubeconfig string
	allow      []string
	output     string
	events     string
	color      string
	verbose    bool

	current *current
}

// current is the name of the kubeconfig context, once it is known.
type current struct {
	mu   sync.Mutex
	name string
}

func newRoot() *cobra.Command {
	g := &global{current: &current{}}
	root := &cobra.Command{
		Use:   "devloop",
		Short: "Keep a Kubernetes cluster in line with your files, save by save",
		Long: `devloop watches the Helm charts, values, Dockerfiles and sources of a project and
brings the cluster in line with each save by the least that does it: nothing, an
upgrade of one release, or a rebuild of one image. It says what it does and why.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := root.PersistentFlags()
	f.StringVarP(&g.file, "file", "f", config.DefaultFile, "the project's file, or the folder it is in")
	f.StringSliceVarP(&g.profiles, "profile", "p", nil, "a profile of devloop.yaml to have in force; -NAME for one that is not to be")
	f.StringVar(&g.context, "context", "", "kubeconfig context (default: the current one)")
	f.StringVar(&g.kubeconfig, "kubeconfig", "", "kubeconfig file (default: KUBECONFIG or ~/.kube/config)")
	f.StringSliceVar(&g.allow, "allow-context", nil, "a context that may be written to although it is not local")
	f.StringVarP(&g.output, "output", "o", "auto", "auto, plain or json")
	f.StringVar(&g.events, "events", "", "append every event to this file, one JSON object a line")
	f.StringVar(&g.color, "color", "auto", "auto, always or never")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "show all output of builds")
	root.SetFlagErrorFunc(unknownFlag)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if !g.verbose {
			silence()
		}
		return errors.Join(g.check(), g.checkJSON(cmd))
	}
	root.AddCommand(newUp(g), newDown(g), newStatus(g), newWait(g), newRetry(g), newPause(g), newResume(g), newVersion(g), newPlan(g), newRender(g), newBuild(g),
		newInit(g), newLogs(g), newSchema(), newDoctor(g), newCompletion(), newExperiment(g), newStats(g))
	g.complete(root)
	return root
}

// silence keeps what the libraries of Helm and Kubernetes log for their own
// developers out of the terminal; what matters to the user comes as errors.
func silence() {
	log.SetOutput(io.Discard)
	klog.SetLogger(logr.Discard())
}

func (g *global) check() error {
	one := func(flag, value string, allowed ...string) error {
		for _, a := range allowed {
			if value == a {
				return nil
			}
		}
		return usageError{fmt.Errorf("--%s %s: it can be one of %v", flag, value, allowed)}
	}
	return errors.Join(one("output", g.output, "auto", "plain", "json"), one("color", g.color, "auto", "always", "never"))
}

// instead is the annotation of commands without -o json: what there is in its place.
const instead = "instead of json"

func (g *global) checkJSON(cmd *cobra.Command) error {
	if text := cmd.Annotations[instead]; text != "" && g.output == "json" {
		return usageError{fmt.Errorf("%s has no -o json: %s", cmd.CommandPath(), text)}
	}
	return nil
}

// path is the absolute path of devloop.yaml; a folder stands for the one in it.
func (g *global) path() (string, error) {
	path, err := filepath.Abs(g.file)
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	if !isFolder(path) {
		return path, nil
	}
	if filepath.Base(path) != config.DefaultFile {
		path = filepath.Join(path, config.DefaultFile)
	}
	if isFolder(path) {
		return "", fmt.Errorf("%s is a folder and should be a file: take it away, or name the project's file with -f", path)
	}
	return path, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, and was given %q", cmd.CommandPath(), args)}
	}
	return nil
}
