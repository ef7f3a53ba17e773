package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/scaffold"
	"github.com/devloop-dev/devloop/internal/skaffold"
)

type initOptions struct {
	from               string
	out                string
	yes, force, stdout bool
}

func newInit(g *global) *cobra.Command {
	o := initOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a devloop.yaml for the charts and Dockerfiles found here",
		Long: `Looks for charts, Dockerfiles and values files, matches the image values of the charts
to what is built here by their names, and writes devloop.yaml with comments. Where two
answers are as good it asks; without a terminal that is an error, and with --yes the
likeliest is taken. What was decided, and what was left out, goes to standard error.

A devloop.yaml that is there is kept unless --force is given.`,
		Example: `  devloop init                        # in the project's folder
  devloop init --yes --stdout         # what it would write, without a question
  devloop init --from skaffold.yaml   # what skaffold does, as far as devloop can`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return initProject(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "convert this skaffold.yaml instead of looking around")
	f.BoolVarP(&o.yes, "yes", "y", false, "ask nothing: take the likeliest answer")
	f.BoolVar(&o.force, "force", false, "overwrite the devloop.yaml that is there")
	f.BoolVar(&o.stdout, "stdout", false, "print it instead of writing the file")
	// Here -o says where to, and - is what everybody tries.
	f.StringVarP(&o.out, "output", "o", "", "- is the same as --stdout")
	return cmd
}

func initProject(cmd *cobra.Command, g *global, o initOptions) error {
	if o.out != "" && o.out != "-" {
		return usageError{fmt.Errorf("--output %s: init knows - (standard output) only; where to write it says -f", o.out)}
	}
	file, err := g.path()
	if err != nil {
		return err
	}
	toStdout := o.stdout || o.out == "-"
	if _, err := os.Stat(file); err == nil && !toStdout && !o.force {
		return fmt.Errorf("%s is there already: --force overwrites it, --stdout shows what it would be", file)
	}
	draft, err := makeDraft(cmd, filepath.Dir(file), o)
	if err != nil {
		return err
	}
	text, errOut := draft.YAML(), cmd.ErrOrStderr()
	if _, err := config.Parse(file, text); err != nil {
		return fmt.Errorf("what was found makes no valid devloop.yaml: %w", err)
	}
	for _, line := range draft.Told {
		fmt.Fprintln(errOut, line)
	}
	if len(draft.Left) > 0 {
		fmt.Fprintln(errOut, "left out:")
	}
	for _, line := range draft.Left {
		fmt.Fprintln(errOut, "  "+line)
	}
	if toStdout {
		_, err := cmd.OutOrStdout().Write(text)
		return err
	}
	if err := writeNew(file, text, o.force); err != nil {
		return err
	}
	fmt.Fprintf(errOut, "wrote %s; devloop plan shows what devloop up would do\n", file)
	return nil
}

func makeDraft(cmd *cobra.Command, dir string, o initOptions) (*scaffold.Draft, error) {
	if o.from != "" {
		return skaffold.Convert(o.from, dir)
	}
	survey, err := scaffold.Look(cmd.Context(), dir)
	if err != nil {
		return nil, err
	}
	ask := asker(cmd.InOrStdin(), cmd.ErrOrStderr())
	if o.yes {
		ask = scaffold.Likeliest
	}
	draft, err := survey.Draft(ask)
	var nothing *scaffold.NoChart
	var unsure *scaffold.Unsure
	switch {
	case errors.As(err, &nothing):
		return nil, fmt.Errorf("%w: change to the project's folder, or make a chart with helm create", err)
	case errors.As(err, &unsure):
		return nil, fmt.Errorf("%w; run devloop init in a terminal to choose, or with --yes to take %q", err, unsure.Options[unsure.Likeliest])
	}
	return draft, err
}

// asker asks on the terminal; where there is none it cannot.
func asker(in io.Reader, out io.Writer) scaffold.Ask {
	if f, ok := in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return scaffold.Never
	}
	lines := bufio.NewReader(in)
	return func(q scaffold.Question) (int, error) { return askOn(lines, out, q) }
}

// askOn puts one question, until the answer is one of the numbers or nothing, which
// is the likeliest.
func askOn(in *bufio.Reader, out io.Writer, q scaffold.Question) (int, error) {
	fmt.Fprintln(out, q.Text)
	for i, option := range q.Options {
		fmt.Fprintf(out, "  %d) %s\n", i+1, option)
	}
	for {
		fmt.Fprintf(out, "1-%d [%d]: ", len(q.Options), q.Likeliest+1)
		line, err := in.ReadString('\n')
		answer := strings.TrimSpace(line)
		if err != nil && answer == "" {
			return 0, fmt.Errorf("no answer to %q: %w", q.Text, err)
		}
		if answer == "" {
			return q.Likeliest, nil
		}
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(q.Options) {
			return n - 1, nil
		}
	}
}

// writeNew writes a file that must not be there yet, unless force says so.
func writeNew(file string, text []byte, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: --force overwrites it", file)
	}
	if err != nil {
		return fmt.Errorf("write the project's file: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the project's file: %w", err)
	}
	return nil
}
