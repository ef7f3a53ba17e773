package cli

import (
	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/config"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of devloop.yaml",
		Long: `Prints the JSON schema (draft 2020-12) of the devloop.yaml that this devloop reads, for
editors that complete and check. devloop init names the published one in the file's
first line; without a network, or for another version:

    devloop schema > devloop.schema.json
    # yaml-language-server: $schema=devloop.schema.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(data)
			return err
		},
	}
}
