package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidate(s Streams) *cobra.Command {
	var input inputFlags
	c := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check scenarios or manifests without running them",
		Long:  `Read the input as 'rehearse run' would, print every fault with its place, and list what is assumed and what is left out.`,
		Example: `  rehearse validate scenario.yaml
  rehearse validate ./k8s --nodes 3xaws/m7i.large`,
		Args: input.takes(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = append(input.filenames, paths...)
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			spec, err := load(paths, options)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "%s: valid: %d nodes, %d objects, %d streams of requests, %d steps, %d expectations\n",
				spec.Name, len(spec.Nodes), len(spec.Objects), len(spec.Traffic), len(spec.Timeline), len(spec.Expectations))
			for _, a := range spec.Assumptions {
				fmt.Fprintln(s.Out, "assumed:", a)
			}
			for _, i := range spec.Ignored {
				fmt.Fprintf(s.Out, "left out: %s (%s): %s\n", i.Object, i.Source, i.Reason)
			}
			return nil
		},
	}
	input.register(c)
	return c
}
