package main

import (
	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
)

func newSchema(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema scenario|result",
		Short: "Print the JSON Schema of scenario files or of the JSON result",
		Example: `  rehearse schema scenario > scenario.schema.json
  # yaml-language-server: $schema=scenario.schema.json`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"scenario", "result"},
		RunE: func(_ *cobra.Command, arguments []string) error {
			schema := scenarios.Schema
			if arguments[0] == "result" {
				schema = report.Schema
			}
			_, err := s.Out.Write(schema())
			return err
		},
	}
}
