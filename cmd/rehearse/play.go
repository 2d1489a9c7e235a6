package main

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/plan"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// play plays a spec and builds its result. also, if given, gets every record, too.
func play(ctx context.Context, spec *cluster.Spec, also func(record.Record) error) (*report.Result, error) {
	b := report.NewBuilder()
	emit := b.Add
	if also != nil {
		emit = func(r record.Record) error {
			if err := also(r); err != nil {
				return err
			}
			return b.Add(r)
		}
	}
	if err := replicate.Run(ctx, spec, workers(), nil, emit); err != nil {
		return nil, err
	}
	return b.Result()
}

// withSetting are the options of a setting: a value for each dimension.
func withSetting(options scenarios.Options, dimensions []plan.Dimension, values []string) scenarios.Options {
	options.Set, options.Nodes = slices.Clone(options.Set), slices.Clone(options.Nodes)
	for i, value := range values {
		if path := dimensions[i].Path; path == "" {
			options.Nodes = append(options.Nodes, value)
		} else {
			options.Set = append(options.Set, path+"="+value)
		}
	}
	return options
}

// sortSteps orders steps by time, those of one time as they stand.
func sortSteps(steps []cluster.Step) {
	slices.SortStableFunc(steps, func(a, b cluster.Step) int { return cmp.Compare(a.At, b.At) })
}

// sideBySide plays n runs of so many replications, beside each other where each run takes
// one core. The error is that of the first run that has one.
func sideBySide(n, replications int, run func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	free := make(chan struct{}, max(1, workers()/max(1, min(replications, workers()))))
	for i := range n {
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			errs[i] = run(i)
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
