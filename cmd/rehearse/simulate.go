package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// simulate plays a spec and builds its result; records, if named, are written
// to that file as well. With an error of the engine the result is of what was
// simulated until then; of a run that was stopped, it is of the replications that are
// complete. It is nil when that is nothing.
func simulate(ctx context.Context, spec *cluster.Spec, s Streams, records string) (*report.Result, error) {
	builder := report.NewBuilder()
	emit, closeFile := builder.Add, func() error { return nil }
	if records != "" {
		f, err := s.create("--records", records)
		if err != nil {
			return nil, err
		}
		defer f.discard()
		w := record.NewWriter(f)
		emit = func(r record.Record) error {
			if err := w.Write(r); err != nil {
				return err
			}
			return builder.Add(r)
		}
		closeFile = func() error {
			if err := w.Flush(); err != nil {
				return err
			}
			return f.commit()
		}
	}
	if q, is := s.Out.(*quoting); is {
		if err := refuseInput(q.to, s.inputs); err != nil {
			return nil, err
		}
	}
	foresee(s, spec)
	began := time.Now()
	ctx, done := s.brake.apply(ctx)
	err := replicate.Run(ctx, spec, workers(), progress(s.Err, spec.Replications), emit)
	done()
	err = asLimit(err)
	if closed := closeFile(); err == nil {
		err = closed
	}
	if err != nil {
		var interrupted *replicate.Interrupted
		if errors.As(err, &interrupted) {
			builder.Stop(stoppedBecause(err))
		}
		result, none := builder.Result()
		if none != nil {
			return nil, err
		}
		return result, err
	}
	took(s.Err, spec, began)
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
