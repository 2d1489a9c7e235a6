package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// mostCompared bounds how many settings are compared at once: a table of more is not read.
const mostCompared = 50

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
	var versus, effects []string
	var format string
	var o report.CompareOptions
	c := &cobra.Command{
		Use:   "compare A [B...]",
		Short: "Compare settings under the same luck",
		Long: `Simulate several scenarios, or one scenario and variants of it, with common random
numbers, and print the paired differences to the first. A "~" marks a difference
that the replications do not bear out, or that is smaller than --min-effect, a "="
one that is none in any replication.

The p-values are corrected for the number of tests (Holm): the probability that a
comparison calls anything a difference that is none is at most 5 %.

When one is stopped at the memory limit or by Ctrl-C, the pairs that are complete
are compared: partial, and the exit code is 4 or 130.`,
		Example: `  rehearse compare today.yaml tomorrow.yaml
  rehearse compare scenario.yaml --vs 'Deployment/ai-agent:spec.replicas=5'
  rehearse compare scenario.yaml --vs 'Deployment/ai-agent:spec.replicas=4|5|6' --min-effect 5%
  rehearse compare ./k8s --nodes 3xaws/m7i.large --rps 20 --vs 'Deployment/web:spec.replicas=5'`,
		Args: input.takes(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = append(input.filenames, paths...)
			if err := checkFormat(format, "text", "json", "md", "csv"); err != nil {
				return err
			}
			if (len(paths) > 1) == (len(versus) > 0) {
				return badInput("compare takes several scenarios, or one and --vs PATH=VALUE")
			}
			if o.Correction != report.Holm && o.Correction != report.NoCorrection {
				return badInput("--correction: must be holm or none, got %.80q", o.Correction)
			}
			if err := minEffects(effects, &o); err != nil {
				return err
			}
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			specs, names, err := settings(paths, versus, options)
			if err != nil {
				return err
			}
			all, stopped := simulateAll(c.Context(), s, specs, names)
			if len(all) < 2 {
				return stopped
			}
			return errors.Join(stopped, report.WriteComparison(s.Out, report.Compare(all, o), format))
		},
	}
	input.register(c)
	flags := c.Flags()
	flags.StringArrayVar(&versus, "vs", nil,
		"the change to compare with: PATH=VALUE as for --set, or PATH=A|B for several settings (repeatable)")
	flags.StringArrayVar(&effects, "min-effect", nil,
		"the smallest difference that matters: 5% of the base, or METRIC=VALUE (repeatable)")
	flags.StringVar(&o.Correction, "correction", report.Holm, "of p-values for the number of tests: holm or none")
	flags.StringVarP(&format, "output", "o", "text", "text, json, md or csv")
	return c
}

// settings reads what is compared: the first is the base.
func settings(paths, versus []string, options scenarios.Options) ([]*cluster.Spec, []string, error) {
	if len(versus) == 0 {
		if len(paths) > mostCompared {
			return nil, nil, badInput("compare takes at most %d settings, got %d", mostCompared, len(paths))
		}
		specs, err := loadAll(paths, options)
		return specs, paths, err
	}
	var dimensions []plan.Dimension
	for _, text := range versus {
		d, err := plan.ParseList(text)
		if err != nil {
			return nil, nil, badInput("--vs: %s", scenarios.Visible(err.Error()))
		}
		dimensions = append(dimensions, d)
	}
	n, err := plan.Size(dimensions)
	if err != nil || n >= mostCompared {
		return nil, nil, badInput("--vs: must make at most %d settings together", mostCompared-1)
	}
	base, err := load(paths, options)
	specs, names, faults := []*cluster.Spec{base}, []string{"as given"}, []error{err}
	for i := range n {
		values := plan.Setting(dimensions, i)
		spec, err := load(paths, withSetting(options, dimensions, values))
		specs, names = append(specs, spec), append(names, plan.Label(dimensions, values))
		faults = append(faults, err)
	}
	return specs, names, errors.Join(faults...)
}

// simulateAll plays specs one after the other. When one is stopped, what is complete of it
// is the last result, beside the error.
func simulateAll(ctx context.Context, s Streams, specs []*cluster.Spec, names []string) (all []report.Compared,
	err error) {
	for i, spec := range specs {
		r, err := simulate(ctx, spec, s, "")
		var stopped *replicate.Interrupted
		if r != nil && (err == nil || i > 0 && errors.As(err, &stopped)) {
			all = append(all, report.Compared{Name: names[i], Result: r})
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// minEffects reads --min-effect.
func minEffects(list []string, o *report.CompareOptions) error {
	o.MinEffect = map[string]float64{}
	for _, text := range list {
		name, value, named := strings.Cut(text, "=")
		if !named {
			number, percent := strings.CutSuffix(text, "%")
			share, err := strconv.ParseFloat(number, 64)
			if err != nil || !percent || !(share >= 0 && share <= 1000) {
				return badInput("--min-effect: must be from 0%% to 1000%%, or METRIC=VALUE, got %.80q", text)
			}
			o.MinShare = share / 100
			continue
		}
		m, known := record.FindMetric(name)
		if !known {
			return badInput("--min-effect: must name a metric of 'rehearse metrics', got %.80q", name)
		}
		least, err := inUnit(value, m.Unit)
		if err != nil || !(least >= 0 && least <= 1e18) {
			return badInput("--min-effect: %s: must be at least 0 and in %s, got %.80q", name, unitNames[m.Unit], value)
		}
		o.MinEffect[name] = least
	}
	return nil
}

var unitNames = map[string]string{"ratio": "percent, as 0.1%", "seconds": "time, as 100ms", "bytes": "bytes, as 64Mi",
	"count": "a number", "usd": "USD"}

// inUnit reads a value in the unit of a metric.
func inUnit(text, unit string) (float64, error) {
	switch unit {
	case "seconds":
		d, err := time.ParseDuration(text)
		return d.Seconds(), err
	case "ratio":
		number, percent := strings.CutSuffix(text, "%")
		f, err := strconv.ParseFloat(number, 64)
		if percent {
			f /= 100
		}
		return f, err
	case "bytes":
		if len(text) > 32 {
			return 0, errors.New("too long")
		}
		q, err := resource.ParseQuantity(text)
		return q.AsApproximateFloat64(), err
	}
	return strconv.ParseFloat(text, 64)
}
