package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// loadAll reads scenarios and gathers the faults of all of them.
func loadAll(files []string, options scenarios.Options) ([]*cluster.Spec, error) {
	var specs []*cluster.Spec
	var faults []error
	for _, f := range files {
		spec, err := load([]string{f}, options)
		specs, faults = append(specs, spec), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return specs, nil
}

func newCompare(s Streams) *cobra.Command {
	var input inputFlags
	var versus []string
	var format string
	c := &cobra.Command{
		Use:   "compare A [B]",
		Short: "Compare two settings under the same luck",
		Long: `Simulate two scenarios, or one scenario and a variant of it, with common random
numbers, and print the paired differences with their 95 % intervals. A "~" marks
a difference that the replications do not bear out.`,
		Example: `  rehearse compare today.yaml tomorrow.yaml
  rehearse compare scenario.yaml --vs 'Deployment/ai-agent:spec.replicas=5'
  rehearse compare ./k8s --nodes 3xaws/m7i.large --rps 20 --vs 'Deployment/web:spec.replicas=5'`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, paths []string) error {
			if err := checkFormat(format, "text", "json", "md"); err != nil {
				return err
			}
			if (len(paths) == 2) == (len(versus) > 0) {
				return badInput("compare takes two scenarios, or one and --vs PATH=VALUE")
			}
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			other := options
			other.Set = append(append([]string(nil), options.Set...), versus...)
			a, errA := load(paths[:1], options)
			b, errB := load(paths[len(paths)-1:], other)
			if err := errors.Join(errA, errB); err != nil {
				return err
			}
			results := make([]*report.Result, 2)
			for i, spec := range []*cluster.Spec{a, b} {
				if results[i], err = simulate(c.Context(), spec, s, ""); err != nil {
					return err
				}
			}
			names := [2]string{paths[0], paths[len(paths)-1]}
			if len(versus) > 0 {
				names = [2]string{"as given", "with --vs"}
			}
			return report.WriteComparison(s.Out, report.Compare(names[0], results[0], names[1], results[1]), format)
		},
	}
	input.register(c)
	c.Flags().StringArrayVar(&versus, "vs", nil, "the change to compare with: PATH=VALUE as for --set (repeatable)")
	c.Flags().StringVarP(&format, "output", "o", "text", "text, json or md")
	return c
}
