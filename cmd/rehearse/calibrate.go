package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/sim/llm/calibrate"
)

func newCalibrate(s Streams) *cobra.Command {
	like := calibrate.Row{PrefixCaching: true, TensorParallel: 1}
	c := &cobra.Command{
		Use:   "calibrate FILE...",
		Short: "Fit the times of a model server to your own measurements",
		Long: `Fit the coefficients of an engine to what you measured of it, and print how far
the fit is from the measurements, and from those that were held out of it.

A FILE is a result of 'vllm bench serve --save-result', a report of guidellm, or
a table with a row for each run (CSV; docs/serving.md has its columns). What is
printed goes into a file that service.llm.calibration names.`,
		Example: `  rehearse calibrate rate-*.json --model llama-3.1-8b --gpu h100-80gb > h100.json
  rehearse calibrate runs.csv > h100.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			var rows []calibrate.Row
			for _, p := range paths {
				more, err := readRuns(s, p, like)
				if err != nil {
					return err
				}
				rows = append(rows, more...)
			}
			fitted, err := calibrate.Calibrate(rows, nil)
			if err != nil {
				return badInput("%w", err)
			}
			for _, m := range calibrate.Measured(rows) {
				fmt.Fprintf(s.Err, "%s: off by %.1f%% in the median, %.1f%% where held out\n",
					m, 100*fitted.Errors[m.String()], 100*fitted.HeldOut[m.String()])
			}
			text, err := json.MarshalIndent(fitted, "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.Out, string(text))
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&like.Model, "model", "", "the model, where the files do not say it as the catalogue does")
	f.StringVar(&like.GPU, "gpu", "", "the GPU, e.g. h100-80gb")
	f.StringVar(&like.Engine, "engine", "vllm", "vllm, sglang, tgi or tensorrt-llm")
	f.StringVar(&like.Version, "engine-version", "", "e.g. 0.15.1; the newest when left out")
	f.StringVar(&like.Precision, "quantization", "", "of the weights, e.g. fp8")
	f.IntVar(&like.TensorParallel, "tensor-parallel-size", 1, "GPUs that each layer is split over")
	f.IntVar(&like.MaxSequences, "max-num-seqs", 0, "as the server was told; the engine's default when left out")
	f.IntVar(&like.MaxBatchedTokens, "max-num-batched-tokens", 0,
		"as the server was told; the engine's default when left out")
	return c
}

// mostMeasurements is how long a file of measurements can be.
const mostMeasurements = 64 << 20

// readRuns reads measurements, of which like says what a file leaves out.
func readRuns(s Streams, path string, like calibrate.Row) ([]calibrate.Row, error) {
	name, file, err := s.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostMeasurements+1))
	if err != nil {
		return nil, badInput("%s: %s", name, cause(err))
	}
	if len(text) > mostMeasurements {
		return nil, badInput("%s: must have at most %d MiB", name, mostMeasurements>>20)
	}
	var rows []calibrate.Row
	if strings.HasSuffix(path, ".csv") {
		rows, err = calibrate.Read(name, bytes.NewReader(text))
		if err != nil {
			return nil, badInput("%w", err)
		}
		return rows, nil
	}
	like.Where = name
	if rows, err = calibrate.ReadBench(text, like); err != nil {
		return nil, badInput("%s: %w", name, err)
	}
	return rows, nil
}
