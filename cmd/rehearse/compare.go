package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/replicate"
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
a difference that the replications do not bear out.

When the second one is stopped at the memory limit or by Ctrl-C, the pairs that
are complete are compared: partial, and the exit code is 4 or 130.`,
		Example: `  rehearse compare today.yaml tomorrow.yaml
  rehearse compare scenario.yaml --vs 'Deployment/ai-agent:spec.replicas=5'
  rehearse compare ./k8s --nodes 3xaws/m7i.large --rps 20 --vs 'Deployment/web:spec.replicas=5'`,
		Args: input.takes(cobra.MatchAll(cobra.MinimumNArgs(1), cobra.MaximumNArgs(2))),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = append(input.filenames, paths...)
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
			results, stopped := simulateBoth(c.Context(), s, a, b)
			if results[1] == nil {
				return stopped
			}
			names := [2]string{paths[0], paths[len(paths)-1]}
			if len(versus) > 0 {
				names = [2]string{"as given", "with --vs"}
			}
			comparison := report.Compare(names[0], results[0], names[1], results[1])
			return errors.Join(stopped, report.WriteComparison(s.Out, comparison, format))
		},
	}
	input.register(c)
	c.Flags().StringArrayVar(&versus, "vs", nil, "the change to compare with: PATH=VALUE as for --set (repeatable)")
	c.Flags().StringVarP(&format, "output", "o", "text", "text, json or md")
	return c
}

// simulateBoth plays two specs. When the second one is stopped, what is complete of
// it is its result, beside the error; there is none when the first one is.
func simulateBoth(ctx context.Context, s Streams, a, b *cluster.Spec) (results [2]*report.Result, err error) {
	if results[0], err = simulate(ctx, a, s, ""); err != nil {
		return results, err
	}
	results[1], err = simulate(ctx, b, s, "")
	var stopped *replicate.Interrupted
	if err != nil && !errors.As(err, &stopped) {
		results[1] = nil
	}
	return results, err
}
