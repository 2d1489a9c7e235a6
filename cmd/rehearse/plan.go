package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/scenarios"
)

func newPlan(s Streams) *cobra.Command {
	var input inputFlags
	var vary, slo []string
	var format, form string
	var ask questions
	c := &cobra.Command{
		Use:   "plan PATH...",
		Short: "Find the cheapest setting that meets the expectations",
		Long: `Try settings from the cheapest on, all under the same luck, and name the first that
meets every expectation: those of the scenario and of --slo. Without expectations
of a scenario it asks for all pods Ready, none pending, no OOM kill and an
availability of 99.9 %.

A range of machines is 1..8xTYPE, a choice of types 1..8xTYPE|TYPE. --vary takes
any path of --set, and FROM..TO, FROM..TO:STEP or A|B. What a setting costs is
the price of the machines that are there at the start.

--max-load and --n-1 are about the one setting that is given: how much more load it
carries, found by bisection, and which nodes and zones it can lose, one at a time.

Exit codes: 0 found, 1 no setting holds, or not what is given, 2 bad input, 3 internal, 4 stopped by a
limit, 130 interrupted.`,
		Example: `  rehearse plan ./k8s --nodes 1..8xaws/g6e.xlarge --rps 20 --slo p95=2s
  rehearse plan scenario.yaml --vary 'Deployment/web:spec.replicas=1..10'
  rehearse plan ./k8s --nodes '1..4xaws/m7i.large|aws/m7i.xlarge' --rps 20 -o json
  rehearse plan ./k8s --nodes 3xaws/m7i.large --rps 20 --slo p95=2s --max-load --growth 5%/month
  rehearse plan ./k8s --nodes 3xaws/m7i.large,zone=a,zone=b --rps 20 --n-1`,
		Args: input.takes(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = slices.Concat(input.filenames, paths)
			if err := checkFormat(format, "text", "json", "md"); err != nil {
				return err
			}
			if err := checkPatch(form); err != nil {
				return err
			}
			p := &planner{paths: paths, streams: s}
			var err error
			if p.dimensions, err = space(input.nodes, vary); err != nil {
				return err
			}
			if p.settings, err = plan.Size(p.dimensions); err != nil {
				return badInput("--vary and --nodes: %s", err)
			}
			if err := ask.check(p); err != nil {
				return err
			}
			if !ask.asked() && p.settings == 1 {
				return badInput("plan needs something to choose from: must have --nodes FROM..TOxTYPE or --vary")
			}
			if p.slo, err = parseObjectives(slo); err != nil {
				return err
			}
			input.nodes = nil
			if p.options, err = input.options(c, s); err != nil {
				return err
			}
			if ask.asked() {
				holds, err := ask.answer(c.Context(), p, s.Out, format)
				if err == nil && !holds {
					err = errFailed
				}
				return err
			}
			answer, err := p.plan(c.Context())
			if err != nil {
				return err
			}
			if answer.Cheapest != nil {
				if answer.Patch, err = p.patch(form, answer.Cheapest.Values); err != nil {
					return err
				}
			}
			if err := plan.Write(s.Out, answer, format); err != nil {
				return err
			}
			if answer.Cheapest == nil {
				return errFailed
			}
			return nil
		},
	}
	input.register(c)
	c.Flags().StringArrayVar(&vary, "vary", nil,
		"what may change: PATH=FROM..TO[:STEP] or PATH=A|B, with a PATH of --set (repeatable)")
	c.Flags().StringArrayVar(&slo, "slo", nil,
		"what is asked for of every Service: p50, p95 or p99=DURATION, availability=RATIO (repeatable)")
	c.Flags().BoolVar(&ask.maxLoad, "max-load", false, "find the highest load that the setting carries, instead")
	c.Flags().StringVar(&ask.growth, "growth", "", "how the load grows, for --max-load to say how long it holds: 5%/month")
	c.Flags().BoolVar(&ask.loss, "n-1", false, "play the loss of each node and zone, instead")
	c.Flags().StringVar(&form, "patch", "", patchUsage)
	c.Flags().StringVarP(&format, "output", "o", "text", "text, json or md")
	return c
}

// space makes the dimensions of --nodes and --vary.
func space(machines, vary []string) (dimensions []plan.Dimension, err error) {
	for _, text := range machines {
		d, err := plan.ParseNodes(text)
		if err != nil {
			return nil, badInput("--nodes: %s", err)
		}
		dimensions = append(dimensions, d)
	}
	for _, text := range vary {
		d, err := plan.ParseVary(text)
		if err != nil {
			return nil, badInput("--vary: %s", scenarios.Visible(err.Error()))
		}
		if slices.ContainsFunc(dimensions, func(k plan.Dimension) bool { return k.Path == d.Path }) {
			return nil, badInput("--vary: must name a path once, got %.80q twice", d.Path)
		}
		dimensions = append(dimensions, d)
	}
	return dimensions, nil
}
