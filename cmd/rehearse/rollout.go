package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/rollout"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim"
)

func newRollout(s Streams) *cobra.Command {
	var input inputFlags
	var format, image, form string
	var restart, noMend bool
	var at time.Duration
	c := &cobra.Command{
		Use:   "rollout PATH... Kind/name --image IMAGE",
		Short: "Rehearse one update: does it finish, what is lost, which setting mends it",
		Long: `Update one workload and answer: does it finish, when, what is lost (requests,
turns, time of pods not ready), what it needs at its peak, and, when something goes
wrong, which setting mends it.

What is lost is what comes on top of the same run, under the same luck, without
the update. Settings are tried, not guessed: other ways to replace pods, a
readiness probe, a preStop hook, a longer grace period, one more machine, and
combinations where one is not enough.

Exit codes: 0 it finishes and loses nothing, 1 it does not, 2 bad input, 3
internal, 4 stopped by a limit, 130 interrupted.`,
		Example: `  rehearse rollout ./k8s deploy/llm --image vllm/vllm-openai:v0.11.0 --nodes 2xaws/g5.xlarge --rps 4
  rehearse rollout scenario.yaml deploy/web --image web=registry.example/web:2 --at 20m
  rehearse rollout ./k8s sts/db --restart --nodes 3xaws/m7i.large`,
		Args: input.takes(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, arguments []string) error {
			arguments = slices.Concat(input.filenames, arguments)
			if err := checkFormat(format, "text", "json", "md"); err != nil {
				return err
			}
			if (image == "") != restart {
				return badInput("rollout needs what to do: must have either --image or --restart")
			}
			if err := checkPatch(form); err != nil {
				return err
			}
			last := len(arguments) - 1
			u := &updater{paths: arguments[:last], streams: s, image: image, restart: restart, mends: !noMend, patch: form}
			u.target = inNamespace(scenarios.Canonical(arguments[last]), input.namespace)
			var err error
			if u.options, err = input.options(c, s); err != nil {
				return err
			}
			if c.Flags().Changed("at") {
				if at <= 0 {
					return badInput("--at: must be above 0, got %s", at)
				}
				u.at = sim.Time(at)
			}
			answer, err := u.answer(c.Context())
			if err != nil {
				return err
			}
			if err := rollout.Write(s.Out, answer, format); err != nil {
				return err
			}
			if !answer.Fine {
				return errFailed
			}
			return nil
		},
	}
	input.register(c)
	flags := c.Flags()
	flags.StringVar(&image, "image", "", "the new image, as IMAGE or CONTAINER=IMAGE")
	flags.BoolVar(&restart, "restart", false, "do kubectl rollout restart instead")
	flags.DurationVar(&at, "at", 0, "when it begins (default: half of the duration)")
	flags.BoolVar(&noMend, "no-mend", false, "do not try settings that may mend it")
	flags.StringVar(&form, "patch", "", patchUsage)
	flags.StringVarP(&format, "output", "o", "text", "text, json or md")
	return c
}
