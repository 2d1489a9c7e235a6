package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/sim/record"
)

func newMetrics(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "metrics",
		Short:   "List what the expectations of a scenario can bound",
		Example: `  rehearse metrics`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "METRIC\tOF\tUNIT\tMEANING")
			for _, m := range record.Metrics {
				of := m.Of
				if of == "" {
					of = "-"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, of, m.Unit, m.Help)
			}
			return w.Flush()
		},
	}
}
