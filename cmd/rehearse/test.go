package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
)

func newTest(s Streams) *cobra.Command {
	var input inputFlags
	var junit string
	c := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run scenarios and fail when an expectation does not hold",
		Long: `Run every scenario file named, or found in the folders named (with their
subfolders), and judge its expectations. Files of other kinds are passed over.

Exit codes: 0 all expectations hold, 1 one does not, 2 bad input, 3 internal.`,
		Example: `  rehearse test scenarios/
  rehearse test scenarios/ --junit report.xml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			options, err := input.options(c, s.In)
			if err != nil {
				return err
			}
			files, err := findScenarios(paths)
			if err != nil {
				return err
			}
			return runTests(c, s, files, options, junit)
		},
	}
	c.Flags().StringVar(&junit, "junit", "", "write a JUnit report to this file")
	c.Flags().IntVar(&input.replications, "replications", 0, "play each scenario so many times, whatever it says")
	c.Flags().StringArrayVar(&input.set, "set", nil, "change a value in every scenario (repeatable)")
	return c
}

func runTests(c *cobra.Command, s Streams, files []string, options scenarios.Options, junit string) error {
	// Everything is read before anything runs: a fault in the last file
	// should not cost the time of the others.
	specs, err := loadAll(files, options)
	if err != nil {
		return err
	}
	var results []*report.Result
	failed := 0
	for i, spec := range specs {
		result, err := simulate(c.Context(), spec, s.Err, "")
		if err != nil {
			return err
		}
		results = append(results, result)
		if !result.Verdict.Pass {
			failed++
		}
		if err := report.WriteVerdict(s.Out, files[i], result); err != nil {
			return err
		}
	}
	if junit != "" {
		if err := writeJUnit(junit, results); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.Out, "%d scenarios, %d failed\n", len(results), failed)
	if failed > 0 {
		return errFailed
	}
	return nil
}

func writeJUnit(path string, results []*report.Result) error {
	f, err := os.Create(path)
	if err != nil {
		return inputError{fmt.Errorf("--junit: %w", err)}
	}
	if err := report.WriteJUnit(f, results); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// findScenarios lists the scenario files under paths in a fixed order.
func findScenarios(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			named := p == path
			if !named && !slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(p))) {
				return nil
			}
			is, err := scenarios.IsScenario(p)
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
