package main

import (
	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/difference"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func newDiff(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "diff RECORDS RECORDS",
		Short: "Find the first record in which two runs differ, and what led to it",
		Long: `Compare the records of two runs, of two versions of rehearse or of two machines: the
first record that differs, and the last ones before it about the same objects. How
many events a run fired does not count. The exit code is 0 when the records are the
same, 1 when they differ and 2 when they can't be read, as diff's is.`,
		Example: `  rehearse run scenario.yaml --records before.jsonl
  rehearse run scenario.yaml --records after.jsonl --set cluster.imageBandwidth=1Gi
  rehearse diff before.jsonl after.jsonl`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, paths []string) error {
			if paths[0] == "-" && paths[1] == "-" {
				return badInput("one of the two must be a file, got - twice")
			}
			var names [2]string
			var readers [2]*record.Reader
			for i, path := range paths {
				name, in, err := s.open(path)
				if err != nil {
					return err
				}
				defer in.Close()
				names[i], readers[i] = name, record.NewReader(name, in).AfterStop().ForShow()
			}
			d, same, err := difference.First(readers[0], readers[1])
			warnOfChanges(s, readers[:]...)
			if err != nil {
				return inputError{err}
			}
			if d == nil {
				return difference.WriteSame(s.Out, same, names[0], names[1])
			}
			if err := difference.Write(s.Out, d, names[0], names[1]); err != nil {
				return err
			}
			return errFailed
		},
	}
}
