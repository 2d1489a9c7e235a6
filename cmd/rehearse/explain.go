package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
)

func newExplain(s Streams) *cobra.Command {
	var input inputFlags
	c := &cobra.Command{
		Use:   "explain PATH KIND/NAME",
		Short: "Say why a pod is pending or was killed, why an autoscaler chose its size, why a rollout is stuck",
		Long: `Say why something happened to one object of a run: a Pod, a workload, a
HorizontalPodAutoscaler, a PodDisruptionBudget, a Service or a Node. PATH is a scenario,
manifests, or the records (.jsonl) of a run. Times are those of replication 0;
what to change comes from all of them.`,
		Example: `  rehearse explain scenarios/gallery/autoscaler-too-late.yaml HorizontalPodAutoscaler/embedder
  rehearse explain scenarios/gallery/gpu-rollout-deadlock.yaml Deployment/llm
  rehearse explain scenarios/gallery/gpu-rollout-deadlock.yaml deploy/llm
  rehearse explain out.jsonl Pod/serving/llm-6d4cf56db6-x7k2p`,
		Args: input.takes(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, arguments []string) error {
			arguments = append(input.filenames, arguments...)
			object := inNamespace(scenarios.Canonical(arguments[1]), input.namespace)
			input.namespace = "" // which is of the object, not of manifests without one
			result, err := resultOf(c, s, &input, arguments[0], object)
			if err != nil {
				return err
			}
			if err := mustKnow(object, result.Objects()); err != nil {
				return err
			}
			if err := report.Explain(s.Out, result, object, report.TextOptions{Color: colours(s.Out), Width: 100}); err != nil {
				return inputError{err}
			}
			return nil
		},
	}
	input.register(c)
	c.Flags().Lookup("namespace").Usage = "namespace of the object"
	return c
}

// inNamespace gives the object the namespace of -n, as kubectl does, unless it
// names one or, as a Node, has none.
func inNamespace(object, namespace string) string {
	kind, name, found := strings.Cut(object, "/")
	if namespace == "" || !found || strings.Contains(name, "/") || strings.EqualFold(kind, "Node") {
		return object
	}
	return kind + "/" + namespace + "/" + name
}

// resultOf reads records or plays what the path holds, unless it is clear before
// that no run of it has the object.
func resultOf(c *cobra.Command, s Streams, input *inputFlags, path, object string) (*report.Result, error) {
	options, err := input.options(c, s)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".jsonl") {
		for _, name := range []string{"set", "nodes", "rps", "load-after", "duration", "seed", "replications"} {
			if c.Flags().Changed(name) {
				return nil, badInput("--%s: must not be given with records, which are of a run that is over", name)
			}
		}
		return readResult(s, path, report.OOMTarget)
	}
	spec, err := load([]string{path}, options)
	if err != nil {
		return nil, err
	}
	if err := mustKnow(object, spec.ObjectNames()); err != nil {
		kind, name, _ := strings.Cut(object, "/")
		switch makers := spec.Makers(kind, name); {
		case len(makers) == 0:
			return nil, err
		case !strings.EqualFold(kind, "Pod"):
			return nil, badInput("must be what makes it, which is told of with all that it makes: %s, got %.80q",
				strings.Join(makers, " or "), object)
		}
	}
	result, err := simulate(c.Context(), spec, s, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return result, nil
}

// mustKnow is a fault when none of the objects can be meant by what a person
// wrote.
func mustKnow(text string, objects []string) error {
	if slices.ContainsFunc(objects, func(object string) bool { return report.IsNamed(object, text) }) {
		return nil
	}
	if near := scenarios.NearObjects(text, objects); len(near) > 0 {
		return badInput("not found: must be an object of the run, got %.80q; did you mean %s?", text,
			strings.Join(near, " or "))
	}
	return badInput("not found: must be an object of the run, got %.80q; there are %s", text, report.SomeOf(objects))
}
