package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report"
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
			result, err := readResult(paths[0], s.In, target)
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
	c.Flags().Float64Var(&target, "oom-target", report.OOMTarget, "risk of an OOM kill per pod-day that memory limits are proposed for")
	return c
}

func readResult(path string, in io.Reader, target float64) (*report.Result, error) {
	builder := report.NewBuilder()
	if err := builder.SetOOMTarget(target); err != nil {
		return nil, badInput("--oom-target: must be between 0 and 1, got %v", target)
	}
	name := path
	if path == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, inputError{err}
		}
		defer f.Close()
		in = f
	}
	result, err := builder.Build(record.NewReader(name, in))
	if err != nil {
		return nil, inputError{err}
	}
	return result, nil
}
