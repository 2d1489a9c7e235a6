package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// simulate plays a spec and builds its result; records, if named, are written
// to that file as well. With an error of the engine the result is of what was
// simulated until then, nil when that is nothing.
func simulate(ctx context.Context, spec *cluster.Spec, diagnostics io.Writer, records string) (*report.Result, error) {
	builder := report.NewBuilder()
	emit, closeFile := builder.Add, func() error { return nil }
	if records != "" {
		f, err := os.Create(records)
		if err != nil {
			return nil, inputError{fmt.Errorf("--records: %w", err)}
		}
		w := record.NewWriter(f)
		emit = func(r record.Record) error { return errors.Join(w.Write(r), builder.Add(r)) }
		closeFile = func() error { return errors.Join(w.Flush(), f.Close()) }
	}
	began := time.Now()
	err := replicate.Run(ctx, spec, workers(), progress(diagnostics, spec.Replications), emit)
	if err := errors.Join(err, closeFile()); err != nil {
		var interrupted *replicate.Interrupted
		if errors.As(err, &interrupted) {
			return nil, err
		}
		result, none := builder.Result()
		if none != nil {
			return nil, err
		}
		return result, err
	}
	took(diagnostics, spec, began)
	return builder.Result()
}

// progress draws a counter on a terminal and nothing elsewhere.
func progress(w io.Writer, of int) func(int) {
	if !isTerminal(w) {
		return nil
	}
	return func(done int) {
		fmt.Fprintf(w, "\r%d/%d replications", done, of)
		if done == of {
			fmt.Fprint(w, "\r\033[K")
		}
	}
}
