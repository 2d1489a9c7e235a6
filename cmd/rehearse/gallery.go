package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/scenarios/gallery"
)

func newGallery(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "gallery",
		Short:   "List the scenarios that come with rehearse",
		Example: `  rehearse gallery`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			for _, name := range gallery.Names() {
				description, err := gallery.Describe(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%s\t%s\n", name, description)
			}
			return w.Flush()
		},
	}
}
