package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
)

func newExplain(s Streams) *cobra.Command {
	var input inputFlags
	c := &cobra.Command{
		Use:   "explain PATH Kind/name",
		Short: "Say why a pod is pending or was killed, why an autoscaler chose its size, why a rollout is stuck",
		Long: `Say why something happened to one object of a run: a Pod, a workload, a
HorizontalPodAutoscaler, a PodDisruptionBudget, a Service or a Node. PATH is a scenario,
manifests, or the records (.jsonl) of a run. Times are those of replication 0;
what to change comes from all of them.`,
		Example: `  rehearse explain scenarios/gallery/autoscaler-too-late.yaml HorizontalPodAutoscaler/embedder
  rehearse explain scenarios/gallery/gpu-rollout-deadlock.yaml Deployment/llm
  rehearse explain out.jsonl Pod/serving/llm-6d4cf56db6-x7k2p`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, arguments []string) error {
			result, err := resultOf(c, s, &input, arguments[0])
			if err != nil {
				return err
			}
			if err := report.Explain(s.Out, result, arguments[1], report.TextOptions{Color: colours(s.Out), Width: 100}); err != nil {
				return inputError{err}
			}
			return nil
		},
	}
	input.register(c)
	return c
}

// resultOf reads records or plays what the path holds.
func resultOf(c *cobra.Command, s Streams, input *inputFlags, path string) (*report.Result, error) {
	options, err := input.options(c, s.In)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".jsonl") {
		for _, name := range []string{"set", "nodes", "rps", "duration", "seed", "replications"} {
			if c.Flags().Changed(name) {
				return nil, badInput("--%s: must not be given with records, which are of a run that is over", name)
			}
		}
		return readResult(path, s.In, report.OOMTarget)
	}
	spec, err := load([]string{path}, options)
	if err != nil {
		return nil, err
	}
	result, err := simulate(c.Context(), spec, s.Err, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return result, nil
}
