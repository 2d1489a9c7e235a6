package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// inputFlags say what to simulate.
type inputFlags struct {
	nodes        []string
	rps          []string
	loadAfter    time.Duration
	duration     time.Duration
	seed         uint64
	replications int
	namespace    string
	set          []string
	confined     bool
	strict       bool
	recursive    bool
	exact        bool
	values       []string
	setValues    []string
	release      string
	filenames    []string
}

// strictUsage is told of every command that reads manifests.
const strictUsage = "refuse manifests with fields or pods that a real cluster acts on and that are not simulated"

// confinedUsage is told of every command that reads scenarios.
const confinedUsage = "read nothing outside of the folders of PATH and quote nothing of what it names (for scenarios of strangers)"

func (f *inputFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.nodes, "nodes", nil,
		"machines, as COUNTxTYPE: 3xaws/g5.xlarge or 2xcpu=4,memory=16Gi; with ,label=K=V ,taint=K=V:EFFECT ,zone=Z (repeatable)")
	flags.StringArrayVar(&f.rps, "rps", nil,
		"requests per second to each entrance: what Ingresses, LoadBalancers or NodePorts lead to, or what no other workload "+
			"names; svc/web=20 or deploy/llm=5 for one Service or the pods of one workload (repeatable)")
	flags.DurationVar(&f.loadAfter, "load-after", 0,
		"when these requests begin (default: when the pods are expected to listen)")
	flags.DurationVar(&f.duration, "duration", 0, "simulated time of one replication (default: the scenario's, or 1h)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all random draws (default: the scenario's, or 1)")
	flags.IntVar(&f.replications, "replications", 0,
		"how many times to play it with different luck (default: the scenario's, or 5)")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "namespace of objects that name none")
	flags.BoolVar(&f.confined, "confined", false, confinedUsage)
	flags.BoolVarP(&f.recursive, "recursive", "R", false, "read the folders of folders, too")
	flags.BoolVar(&f.strict, "strict", false, strictUsage)
	flags.BoolVar(&f.exact, "exact-scheduling", false,
		"let upstream's SchedulePod choose each node: the same choices, slower")
	flags.StringArrayVarP(&f.filenames, "filename", "f", nil, "a PATH, as kubectl takes it (repeatable)")
	flags.StringArrayVar(&f.values, "values", nil, "a file of values for the charts of PATH (repeatable)")
	flags.StringArrayVar(&f.setValues, "set-values", nil,
		"a value for the charts of PATH, as for helm --set: image.tag=v2 (repeatable)")
	flags.StringVar(&f.release, "release", "", "name of the release that charts are rendered for (default: release-name)")
	flags.StringArrayVar(&f.set, "set", nil,
		"change a value: duration=4h, or 'Deployment/web:spec.replicas=5' (repeatable)")
}

// takes checks the paths and other arguments, those of -f among them.
func (f *inputFlags) takes(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, arguments []string) error {
		return check(c, slices.Concat(f.filenames, arguments))
	}
}

func (f *inputFlags) options(c *cobra.Command, s Streams) (scenarios.Options, error) {
	changed := c.Flags().Changed
	switch {
	case changed("duration") && f.duration <= 0:
		return scenarios.Options{}, badInput("--duration: must be positive, got %s", f.duration)
	case changed("replications") && f.replications < 1:
		return scenarios.Options{}, badInput("--replications: must be at least 1, got %d", f.replications)
	}
	o := scenarios.Options{
		Nodes: f.nodes, RPS: f.rps, Duration: f.duration, Replications: f.replications,
		Namespace: f.namespace, Set: f.set, Stdin: s.In, Inputs: s.inputs, Confined: f.confined, Strict: f.strict,
		Recursive: f.recursive, ExactScheduling: f.exact, Chart: scenarios.Chart{Release: f.release, Set: f.setValues},
	}
	for _, file := range f.values {
		o.Chart.Values = append(o.Chart.Values, scenarios.Values{File: file})
	}
	if changed("load-after") {
		if f.loadAfter < 0 {
			return scenarios.Options{}, badInput("--load-after: must be at least 0, got %s", f.loadAfter)
		}
		o.LoadAfter = &f.loadAfter
	}
	if changed("seed") {
		o.Seed = &f.seed
	}
	return o, nil
}

// outputFlags say what to do with the result.
type outputFlags struct {
	format  string
	records string
}

func newRun(s Streams) *cobra.Command {
	var input inputFlags
	var output outputFlags
	var noSensitivity bool
	c := &cobra.Command{
		Use:   "run PATH...",
		Short: "Simulate a scenario, or manifests as they are, and report",
		Long: `Simulate a scenario file, or Kubernetes manifests: files, folders, or - for
standard input. A folder with a kustomization is built, and a folder with a
Chart.yaml is rendered with --values, --set-values and --release. Node objects among the manifests are the cluster; otherwise
--nodes says what it is. What nobody gave is assumed, and the assumptions are
printed. The run is made again with these numbers halved and doubled, and those
that a finding stands or falls with are told; --no-sensitivity leaves that out.

At the memory limit, and at Ctrl-C, the run ends with a report on the
replications that are complete: PARTIAL, never PASS.

Exit codes: 0 fine, 1 an expectation does not hold, 2 bad input, 3 internal, 4
stopped by a limit, 130 interrupted.`,
		Example: `  rehearse run scenarios/gallery/ai-agent.yaml
  rehearse run ./k8s --nodes 3xaws/m7i.large --rps 20
  rehearse run ./chart --values prod.yaml --set-values replicas=3 --nodes 3xaws/m7i.large
  kubectl get node,ns,deploy,rs,sts,ds,job,cronjob,pod,svc,ingress,hpa,pdb,quota,limits,cm,pvc,priorityclass -A -o yaml | rehearse run -
  rehearse run scenario.yaml -o json --records out.jsonl`,
		Args: input.takes(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = append(input.filenames, paths...)
			if err := checkFormat(output.format, "text", "json", "md"); err != nil {
				return err
			}
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			spec, err := load(paths, options)
			if err != nil {
				return err
			}
			result, err := simulate(c.Context(), spec, s, output.records)
			if result == nil {
				return err
			}
			if err == nil && !noSensitivity {
				ctx, done := s.brake.apply(c.Context())
				result.Sensitivity, err = sensitivity(ctx, spec, result)
				done()
				err = asLimit(err)
			}
			if err := errors.Join(err, write(s.Out, result, output.format)); err != nil {
				return err
			}
			if !result.Verdict.Pass {
				return errFailed
			}
			return nil
		},
	}
	input.register(c)
	c.Flags().StringVarP(&output.format, "output", "o", "text", "text, json or md")
	c.Flags().StringVar(&output.records, "records", "", "write the records of the run to this file (JSON lines)")
	c.Flags().BoolVar(&noSensitivity, "no-sensitivity", false,
		"do not run again to find out which of the numbers that nobody gave matter")
	return c
}

// load reads a scenario, or manifests.
func load(paths []string, options scenarios.Options) (*cluster.Spec, error) {
	if len(paths) == 1 {
		is, err := scenarios.IsScenario(paths[0], options)
		if err != nil {
			return nil, inputError{err}
		}
		if is {
			return scenarios.Load(paths[0], options)
		}
	}
	return scenarios.FromManifests(paths, options)
}

func checkFormat(got string, accepted ...string) error {
	for _, a := range accepted {
		if got == a {
			return nil
		}
	}
	return badInput("--output: must be one of %v, got %q", accepted, got)
}

func write(w io.Writer, r *report.Result, format string) error {
	switch format {
	case "json":
		return report.WriteJSON(w, r)
	case "md":
		return report.WriteMarkdown(w, r)
	}
	return report.WriteText(w, r, report.TextOptions{Color: colours(w), Width: 100})
}

// colours reports whether w is a terminal whose user has not asked for none.
func colours(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

func isTerminal(w io.Writer) bool {
	if q, is := w.(*quoting); is {
		return q.terminal
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func workers() int { return runtime.GOMAXPROCS(0) }

// took says what a run cost, on standard error.
func took(w io.Writer, spec *cluster.Spec, began time.Time) {
	fmt.Fprintf(w, "simulated %d × %s in %s\n", spec.Replications, spec.Duration,
		time.Since(began).Round(10*time.Millisecond))
}
