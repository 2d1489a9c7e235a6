package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/report/sweep"
	"github.com/kube-rehearse/rehearse/scenarios"
)

// mostCells bounds a sweep.
const mostCells = 100_000

func newSweep(s Streams) *cobra.Command {
	var input inputFlags
	var vary []string
	var sample int
	var out string
	c := &cobra.Command{
		Use:   "sweep PATH... --vary PATH=A|B --out FILE",
		Short: "Measure every setting of a grid, or a sample of them, into a file",
		Long: `Play every setting that --vary and --nodes make, all under the same luck, and append
what is measured to a file, setting by setting: JSON lines (.jsonl) with the values
of all replications, or CSV (.csv) with a row for each metric.

A sweep that was stopped, by whatever, goes on where it was when the same command
is given again, and ends in the same file as one that was not.

Exit codes: 0 fine, 2 bad input, or settings that can't be read, which the file
names, 3 internal, 4 stopped by a limit, 130 interrupted.`,
		Example: `  rehearse sweep scenario.yaml --vary 'Deployment/web:spec.replicas=1..10' --out web.csv
  rehearse sweep ./k8s --nodes 1..4xaws/m7i.large --rps 20 --vary 'Deployment/web:spec.replicas=2..8:2' --out web.jsonl
  rehearse sweep scenario.yaml --vary 'traffic[0].rate.constant=1..100' --vary 'Deployment/web:spec.replicas=1..20' --sample 50 --out web.csv`,
		Args: input.takes(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, paths []string) error {
			paths = slices.Concat(input.filenames, paths)
			if slices.Contains(paths, "-") {
				return badInput("sweep goes on where it stopped, with the same input: must be files or folders, got -")
			}
			dimensions, err := space(input.nodes, vary)
			if err != nil {
				return err
			}
			flags := input
			input.nodes = nil
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			w := &sweeper{paths: paths, options: options, streams: s, out: out}
			w.head.Schema, w.head.Dimensions = sweep.SchemaName, dimensions
			if w.format, err = formatOf(out); err != nil {
				return err
			}
			if err := w.choose(sample, c.Flags().Changed("sample")); err != nil {
				return err
			}
			if err := w.begin(fmt.Sprintf("%q %d %+v", paths, sample, flags)); err != nil {
				return err
			}
			return w.run(c.Context())
		},
	}
	input.register(c)
	c.Flags().StringArrayVar(&vary, "vary", nil,
		"what varies: PATH=FROM..TO[:STEP] or PATH=A|B, with a PATH of --set (repeatable)")
	c.Flags().IntVar(&sample, "sample", 0, "play so many settings of the grid, a Latin hypercube, instead of all")
	c.Flags().StringVar(&out, "out", "", "the file that results are appended to: .jsonl or .csv")
	return c
}

func formatOf(out string) (sweep.Format, error) {
	for _, f := range []sweep.Format{sweep.JSONLines, sweep.CSV} {
		if strings.HasSuffix(out, "."+string(f)) {
			return f, nil
		}
	}
	return "", badInput("--out: must be a file that ends in .jsonl or .csv, got %.80q", out)
}

// choose makes the settings: the whole grid, or a sample.
func (w *sweeper) choose(sample int, sampled bool) error {
	d := w.head.Dimensions
	if sampled {
		if sample < 1 || sample > mostCells {
			return badInput("--sample: must be from 1 to %d, got %d", mostCells, sample)
		}
		seed := uint64(1)
		if w.options.Seed != nil {
			seed = *w.options.Seed
		}
		list := sweep.Sample(d, sample, seed)
		w.head.Settings, w.values = sample, func(i int) []string { return list[i] }
		return nil
	}
	n, err := plan.SizeWithin(d, mostCells)
	if err != nil {
		return badInput("--vary and --nodes: %s; --sample takes some of them", err)
	}
	w.head.Settings, w.values = n, func(i int) []string { return plan.Setting(d, i) }
	return nil
}

// begin reads the first and the last setting, and tells the sweep by all that it depends
// on: the flags, the files and the version.
func (w *sweeper) begin(flags string) error {
	for _, i := range []int{0, w.head.Settings - 1} {
		spec, err := w.load(i)
		if err != nil {
			return err
		}
		w.replications = max(1, spec.Replications)
		if i == 0 {
			foresee(w.streams, spec)
		}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", version(), flags)
	if err := json.NewEncoder(h).Encode(w.head.Dimensions); err != nil {
		return err
	}
	for _, name := range w.streams.inputs.Names() {
		data, err := os.ReadFile(name)
		if err != nil {
			return badInput("%s: %s", scenarios.Visible(name), cause(err))
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
	}
	w.head.Sweep = hex.EncodeToString(h.Sum(nil))[:16]
	return nil
}
