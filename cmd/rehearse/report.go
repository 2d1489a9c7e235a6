package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func newReport(s Streams) *cobra.Command {
	var format string
	var target float64
	c := &cobra.Command{
		Use:   "report RECORDS",
		Short: "Report on a run from its records",
		Long:  `Build the report from a file that 'rehearse run --records' wrote, or - for standard input. It gives the numbers of the run itself.`,
		Example: `  rehearse run scenario.yaml --records out.jsonl
  rehearse report out.jsonl -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			if err := checkFormat(format, "text", "json", "md"); err != nil {
				return err
			}
			result, err := readResult(s, paths[0], target)
			if err != nil {
				return err
			}
			if err := write(s.Out, result, format); err != nil {
				return err
			}
			if !result.Verdict.Pass {
				return errFailed
			}
			return nil
		},
	}
	c.Flags().StringVarP(&format, "output", "o", "text", "text, json or md")
	c.Flags().Float64Var(&target, "oom-target", report.OOMTarget,
		"risk of an OOM kill per pod-day that memory limits are proposed for")
	return c
}

func readResult(s Streams, path string, target float64) (*report.Result, error) {
	builder := report.NewBuilder()
	if err := builder.SetOOMTarget(target); err != nil {
		return nil, badInput("--oom-target: must be between 0 and 1, got %v", target)
	}
	name, in, err := s.open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	records := record.NewReader(name, in).AfterStop().ForShow()
	result, err := builder.Build(records)
	warnOfChanges(s, records)
	if err != nil {
		return nil, inputError{err}
	}
	if result.Duration <= 0 || result.Replications < 1 {
		return nil, badInput("%s:1: duration and replications: must be positive, got %s and %d", name, result.Duration,
			result.Replications)
	}
	return result, nil
}

// warnOfChanges says which records are not as they were written.
func warnOfChanges(s Streams, of ...*record.Reader) {
	for _, r := range of {
		for _, change := range r.Changed() {
			fmt.Fprintf(s.Err, "warning: %s\n", change)
		}
	}
}

// open begins to read a file, or standard input for "-".
func (s Streams) open(path string) (name string, in io.ReadCloser, err error) {
	if path == "-" {
		return "standard input", io.NopCloser(s.In), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return path, nil, badInput("%s: %s", scenarios.Visible(path), cause(err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("must be a file, got a folder")
	}
	if err != nil {
		f.Close()
		return path, nil, badInput("%s: %s", scenarios.Visible(path), cause(err))
	}
	s.inputs.Add(path, info)
	return scenarios.Visible(path), f, nil
}
