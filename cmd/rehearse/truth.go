package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/report/truth/life"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

type truthFlags struct {
	check                string
	extract, counts, all bool
	seeds                int
	until                float64
	seed                 uint64
	set                  []string
}

// options are those of the scenario that is played so often.
func (f *truthFlags) options(c *cobra.Command, s Streams, replications int) scenarios.Options {
	o := scenarios.Options{Replications: replications, Set: f.set, Stdin: s.In, Inputs: s.inputs}
	if c.Flags().Changed("seed") {
		o.Seed = &f.seed
	}
	return o
}

func newTruth(s Streams) *cobra.Command {
	var f truthFlags
	c := &cobra.Command{
		Use:   "truth SCENARIO RECORDING | truth --extract RECORDING",
		Short: "Compare a simulation with a recording of a real control plane",
		Long: `Compare what a scenario does (or did: records of a run, .jsonl) with watch events
recorded of a real control plane: the same pods created, bound, ready, deleted and
gone, the same scale steps and autoscaler decisions in the same order, rollouts complete,
nodes NotReady and endpoints ready, at the same times within 0.5 s. docs/truth.md tells
how to record.

A recording of a real kubelet holds the lives of pods instead: starts, exits, restarts,
Ready. Much of that is chance, so each recorded time is ranked among those of many
seeds, and the ranks of each kind have to be as uniform as dice (Kolmogorov–Smirnov, p
above 0.01).

A file check.yaml beside the recording, or --check, names what is compared more
loosely. Exit codes: 0 they agree, 1 they differ, 2 bad input, 3 internal.`,
		Example: `  rehearse truth testdata/truth/drain-pdb/scenario.yaml testdata/truth/drain-pdb/recorded.jsonl
  rehearse truth --all scenario.yaml timeline.jsonl.gz
  rehearse truth --extract timeline.jsonl.gz > recorded.jsonl`,
		Args: func(c *cobra.Command, arguments []string) error {
			if f.extract {
				return cobra.ExactArgs(1)(c, arguments)
			}
			return cobra.ExactArgs(2)(c, arguments)
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			recorded, lives, err := readRecording(s, arguments[len(arguments)-1])
			switch {
			case err != nil:
				return err
			case lives != nil:
				return f.lives(c, s, arguments, lives)
			case f.counts:
				recorded = recorded.Counts()
			}
			if f.extract {
				return recorded.Write(s.Out)
			}
			return f.compare(c, s, arguments[0], arguments[1], recorded)
		},
	}
	c.Flags().StringVar(&f.check, "check", "",
		"file that says how strictly to compare (default: check.yaml beside RECORDING, if there)")
	c.Flags().BoolVar(&f.extract, "extract", false, "write the compact form of RECORDING and compare nothing")
	c.Flags().BoolVar(&f.counts, "counts", false, "count pods a second instead of keeping each of them")
	c.Flags().IntVar(&f.seeds, "seeds", 200, "seeds among which the times of a real kubelet are ranked")
	c.Flags().Float64Var(&f.until, "until", 0,
		"seconds after which a recording of a real kubelet is left out (default: none)")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of all random draws (default: the scenario's)")
	c.Flags().StringArrayVar(&f.set, "set", nil, "change a value of the scenario: duration=4h (repeatable)")
	c.Flags().BoolVar(&f.all, "all", false, "show every entry, not only those around the first difference")
	return c
}

func (f *truthFlags) compare(c *cobra.Command, s Streams, scenario, recording string, recorded *truth.Timeline) error {
	check, err := readCheck(s, f.check, recording)
	if err != nil {
		return err
	}
	simulated, err := f.simulatedTimeline(c, s, scenario)
	if err != nil {
		return err
	}
	comparison := truth.Compare(recorded, simulated, check)
	if err := comparison.WriteText(s.Out, f.all); err != nil {
		return err
	}
	if !comparison.Equal() {
		return errFailed
	}
	return nil
}

// readRecording reads a recording of a control plane or, as the second result, of a
// kubelet.
func readRecording(s Streams, path string) (*truth.Timeline, *life.Recording, error) {
	name, file, err := s.open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	in, ofLives, err := sniff(file)
	if err != nil {
		return nil, nil, inputError{fmt.Errorf("%s: must be a gzip stream, got %w", name, err)}
	}
	if ofLives {
		lives, err := life.Read(name, in)
		if err != nil {
			return nil, nil, inputError{err}
		}
		return nil, lives, nil
	}
	t, err := truth.ReadRecording(name, in)
	if err != nil {
		return nil, nil, inputError{err}
	}
	return t, nil, nil
}

func readCheck(s Streams, path, recording string) (truth.Check, error) {
	given := path != ""
	if !given {
		path = filepath.Join(filepath.Dir(recording), "check.yaml")
	}
	if _, err := os.Stat(path); !given && errors.Is(err, fs.ErrNotExist) {
		return truth.Check{}, nil
	}
	data, err := scenarios.ReadYAML(path, scenarios.Options{Inputs: s.inputs})
	if err != nil {
		return truth.Check{}, inputError{err}
	}
	check, err := truth.ReadCheck(path, data)
	if err != nil {
		return check, inputError{err}
	}
	return check, nil
}

// simulatedTimeline plays one replication, or reads the records of a run.
func (f *truthFlags) simulatedTimeline(c *cobra.Command, s Streams, path string) (*truth.Timeline, error) {
	var run truth.Simulation
	if strings.HasSuffix(path, ".jsonl") {
		name, file, err := s.open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if err := record.NewReader(name, file).ForShow().Each(run.Add); err != nil {
			return nil, inputError{err}
		}
		return run.Timeline(), nil
	}
	spec, err := load([]string{path}, f.options(c, s, 1))
	if err != nil {
		return nil, err
	}
	if err := replicate.Run(c.Context(), spec, 1, nil, run.Add); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return run.Timeline(), nil
}
