package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/devloop-dev/devloop/internal/config"
)

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the script that makes the shell complete devloop's commands",
		Long: `Prints a script for the shell, which then completes commands, flags, and the names of
the project's releases and images and of kubeconfig's contexts.`,
		Example: `  source <(devloop completion bash)                                  # in ~/.bashrc
  source <(devloop completion zsh)                                   # in ~/.zshrc
  devloop completion fish > ~/.config/fish/completions/devloop.fish
  devloop completion powershell | Out-String | Invoke-Expression     # in $PROFILE`,
		ValidArgs:   shells,
		Annotations: map[string]string{instead: "what it prints is a script"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return usageError{fmt.Errorf("completion takes the name of a shell: %s", strings.Join(shells, ", "))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}

type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// complete adds to the commands what only devloop knows: names of the project and
// of kubeconfig.
func (g *global) complete(root *cobra.Command) {
	root.CompletionOptions.DisableDefaultCmd = true // ours is it
	flags := map[string]completer{
		"context":       g.contexts,
		"profile":       g.namesOf(0, (*config.Project).ProfileNames),
		"allow-context": g.contexts,
		"output":        cobra.FixedCompletions([]string{"auto", "plain", "json"}, cobra.ShellCompDirectiveNoFileComp),
		"color":         cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp),
		"file":          cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	for name, f := range flags {
		_ = root.RegisterFlagCompletionFunc(name, f) // fails for a flag that is not there only
	}
	arguments := map[string]completer{
		"render": g.namesOf(1, (*config.Project).ReleaseNames),
		"logs":   g.namesOf(0, (*config.Project).ReleaseNames),
		"build":  g.namesOf(0, (*config.Project).ImageNames),
	}
	for _, cmd := range root.Commands() {
		if cmd.ValidArgsFunction != nil || len(cmd.ValidArgs) > 0 {
			continue
		}
		if cmd.ValidArgsFunction = arguments[cmd.Name()]; cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// namesOf completes names of the project's, at most so many; 0 for any number.
func (g *global) namesOf(most int, names func(*config.Project) []string) completer {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		p, err := g.find(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		data, err := p.read(p.file)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		project, err := g.parse(p.file, data)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		left := slices.DeleteFunc(names(project), func(n string) bool { return slices.Contains(args, n) })
		return left, cobra.ShellCompDirectiveNoFileComp
	}
}

// contexts are those of kubeconfig, as kubectl would find it.
func (g *global) contexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = g.kubeconfig
	raw, err := rules.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return slices.Sorted(maps.Keys(raw.Contexts)), cobra.ShellCompDirectiveNoFileComp
}
