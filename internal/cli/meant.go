package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/near"
)

// elsewhere are the words that other tools have for devloop's commands.
func elsewhere() map[string]string {
	return map[string]string{
		"dev": "up", "run": "up", "start": "up", "watch": "up", "deploy": "up", "apply": "up", "sync": "up",
		"stop": "down", "delete": "down", "destroy": "down", "uninstall": "down", "purge": "down",
		"diff": "plan", "preview": "plan", "template": "render", "manifests": "render",
		"diagnose": "doctor", "check": "doctor", "generate": "init", "tail": "logs",
	}
}

// unknownCommand takes what is left of the arguments when no command has that
// name.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("there is no command %q", args[0])
	if meant := meantCommand(cmd, args[0]); meant != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, meant)
	}
	return usageError{err}
}

func meantCommand(cmd *cobra.Command, word string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if meant := elsewhere()[strings.ToLower(word)]; meant != "" {
		for _, n := range names {
			if n == meant {
				return meant
			}
		}
	}
	return near.Name(word, names)
}

// unknownFlag adds to pflag's error the flag that was probably meant, of this
// command or the command that has it.
func unknownFlag(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "duration" {
		return usageError{fmt.Errorf("--%s %s: it can be a duration, such as 30s, 10m or 2h", invalid.GetFlag().Name, invalid.GetValue())}
	}
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) || missing.GetSpecifiedShortnames() != "" {
		return usageError{err}
	}
	name := missing.GetSpecifiedName()
	for _, c := range cmd.Root().Commands() {
		if c != cmd && c.Flags().Lookup(name) != nil {
			return usageError{fmt.Errorf("%w; it is a flag of %s", err, c.CommandPath())}
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if meant := near.Name(name, names); meant != "" {
		return usageError{fmt.Errorf("%w; did you mean --%s?", err, meant)}
	}
	return usageError{err}
}

// known fails on a name that is none of the project's, with the one that was
// probably meant.
func known(p *config.Project, kind string, all, names []string) error {
	for _, name := range names {
		if slices.Contains(all, name) {
			continue
		}
		if len(all) == 0 {
			return usageError{fmt.Errorf("there is no %s %q in %s: it has none", kind, name, p.File)}
		}
		err := fmt.Errorf("there is no %s %q in %s: there is %s", kind, name, p.File, joined(all))
		if meant := near.Name(name, all); meant != "" {
			err = fmt.Errorf("%w; did you mean %s?", err, meant)
		}
		return usageError{err}
	}
	return nil
}

func joined(names []string) string { return strings.Join(names, ", ") }
