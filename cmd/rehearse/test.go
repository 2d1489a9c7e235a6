package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

func newTest(s Streams) *cobra.Command {
	var input inputFlags
	var junit string
	c := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run scenarios and fail when an expectation does not hold",
		Long: `Run every scenario file named, or found in the folders named (with their
subfolders), and judge its expectations. Files of other kinds are passed over.

A scenario that is stopped at the memory limit or by Ctrl-C is judged by the
replications that are complete: PARTIAL, which is a failure.

Exit codes: 0 all expectations hold, 1 one does not, 2 bad input, 3 internal, 4
stopped by a limit, 130 interrupted.`,
		Example: `  rehearse test scenarios/
  rehearse test scenarios/ --junit report.xml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			options, err := input.options(c, s)
			if err != nil {
				return err
			}
			if options, err = scenarios.Confine(paths, options); err != nil {
				return err
			}
			files, err := findScenarios(paths, options)
			if err != nil {
				return err
			}
			return runTests(c, s, files, options, junit)
		},
	}
	c.Flags().BoolVar(&input.confined, "confined", false, confinedUsage)
	c.Flags().BoolVar(&input.strict, "strict", false, strictUsage)
	c.Flags().StringVar(&junit, "junit", "", "write a JUnit report to this file")
	c.Flags().IntVar(&input.replications, "replications", 0, "play each scenario so many times, whatever it says")
	c.Flags().StringArrayVar(&input.set, "set", nil, "change a value in every scenario (repeatable)")
	return c
}

// suite is what came of the scenarios of a test.
type suite struct {
	results    []*report.Result
	unfinished []report.Unfinished
	failed     int
	err        error // the worst that happened
}

// runTests plays every scenario. The fault of one takes nothing from the others:
// their verdicts are given, and the exit code is that of the worst.
func runTests(c *cobra.Command, s Streams, files []string, options scenarios.Options, junit string) error {
	var t suite
	// Everything is read before anything runs: a fault in the last file is told
	// before the time of the others is spent.
	specs := make([]*cluster.Spec, len(files))
	for i, file := range files {
		var err error
		if specs[i], err = load([]string{file}, options); err != nil {
			t.note(s, file, err)
		}
	}
	var out *output
	if junit != "" {
		var err error
		if out, err = s.create("--junit", junit); err != nil {
			return err
		}
		defer out.discard()
	}
	for i, spec := range specs {
		if spec == nil {
			continue
		}
		if err := t.play(c.Context(), s, files[i], spec); err != nil {
			return err
		}
	}
	if out != nil {
		if err := report.WriteJUnit(out, t.results, t.unfinished...); err != nil {
			return err
		}
		if err := out.commit(); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.Out, "%d scenarios, %d failed\n", len(files), t.failed)
	return t.err
}

// play plays a scenario and writes its verdict. The error is of writing.
func (t *suite) play(ctx context.Context, s Streams, file string, spec *cluster.Spec) error {
	result, err := simulate(ctx, spec, s, "")
	var stopped *replicate.Interrupted
	if err != nil && (result == nil || !errors.As(err, &stopped)) {
		t.note(s, file, err)
		return nil
	}
	t.results = append(t.results, result)
	if err == nil && !result.Verdict.Pass {
		err = errFailed
	}
	if err != nil {
		t.failed++
		t.worst(s, err)
	}
	return report.WriteVerdict(s.Out, scenarios.Visible(file), result)
}

// note tells that a scenario has no result.
func (t *suite) note(s Streams, file string, err error) {
	t.unfinished = append(t.unfinished, report.Unfinished{File: scenarios.Visible(file), Err: err})
	t.failed++
	t.worst(s, err)
	why, _, more := strings.Cut(err.Error(), "\n")
	if more {
		why += " …"
	}
	fmt.Fprintf(s.Out, "ERROR  %s: %s\n", scenarios.Visible(file), scenarios.Visible(why))
}

// worst keeps the error with the highest exit code. One that is given up is told.
func (t *suite) worst(s Streams, err error) {
	quiet := Streams{Err: io.Discard}
	if exitCode(quiet, err) > exitCode(quiet, t.err) {
		t.err, err = err, t.err
	}
	exitCode(s, err)
}

// isFile reports whether a path leads to a regular file, and not to a pipe, a
// device or nowhere.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// findScenarios lists the scenario files under paths in a fixed order.
func findScenarios(paths []string, options scenarios.Options) ([]string, error) {
	var files []string
	for _, path := range paths {
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			named := p == path
			if !named && (!slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(p))) || !isFile(p)) {
				return nil
			}
			is, err := scenarios.IsScenario(p, options)
			if err != nil {
				return err
			}
			if named && !is {
				return fmt.Errorf("%s: must be of kind Scenario", p)
			}
			if is {
				files = append(files, p)
			}
			return nil
		})
		if err != nil {
			return nil, inputError{err}
		}
	}
	if len(files) == 0 {
		return nil, badInput("%s: must hold at least one file of kind Scenario", strings.Join(paths, ", "))
	}
	return files, nil
}
