package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kube-rehearse/rehearse/sim/replicate"
)

const (
	// patience is how long a command that is to stop may take to say how far it was.
	patience = 800 * time.Millisecond
	// reportPatience is how long it may take to report on what is complete.
	reportPatience = 10 * time.Second
	// watchEvery is how often the memory taken is looked at. In that time the engine
	// takes some tens of megabytes at the most.
	watchEvery = 10 * time.Millisecond
)

// brake stops a command that takes too much memory: first the simulation that goes
// on, of which the complete replications are then reported; and all of it when that
// does not help.
type brake struct {
	used func() uint64 // bytes of memory taken

	mutex   sync.Mutex
	all     context.CancelCauseFunc // stops the command
	current context.CancelCauseFunc // stops the simulation that goes on, nil for none
	since   time.Time               // when current was told to stop

	limit     memoryLimit
	before    int64 // the limit that the runtime had
	over      chan struct{}
	reporting atomic.Bool // what is complete is being reported
}

// newBrake returns a brake of a command that stop ends. used is usedMemory if nil.
func newBrake(stop context.CancelCauseFunc, used func() uint64) *brake {
	if used == nil {
		used = usedMemory
	}
	return &brake{used: used, all: stop, over: make(chan struct{})}
}

// watch begins to look at the memory. The runtime tries harder to free some before
// the limit is reached.
func (b *brake) watch(limit memoryLimit) {
	if b.limit = limit; limit.bytes == 0 {
		return
	}
	b.before = debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(b.before, int64(min(limit.bytes-limit.bytes/8, math.MaxInt64))))
	go func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-b.over:
				return
			case <-ticker.C:
				if b.used() > limit.bytes {
					b.pull()
				}
			}
		}
	}()
}

// release ends the watch.
func (b *brake) release() {
	close(b.over)
	if b.limit.bytes > 0 {
		debug.SetMemoryLimit(b.before)
	}
	b.all(nil)
}

// pull stops what goes on.
func (b *brake) pull() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	why := &memoryError{limit: b.limit}
	switch {
	case b.current == nil:
		b.all(why)
	case b.since.IsZero():
		b.since = time.Now()
		b.current(why)
	case time.Since(b.since) > patience:
		b.all(why)
	}
}

// apply returns the context of a simulation, and what to call after it.
func (b *brake) apply(ctx context.Context) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	b.mutex.Lock()
	b.current, b.since = stop, time.Time{}
	b.mutex.Unlock()
	b.reporting.Store(false)
	return ctx, func() {
		b.reporting.Store(ctx.Err() != nil)
		var limit *memoryError
		if errors.As(context.Cause(ctx), &limit) {
			debug.FreeOSMemory() // what the simulation held is no longer needed
		}
		b.mutex.Lock()
		b.current = nil
		b.mutex.Unlock()
		stop(nil)
	}
}

// usedMemory is how many bytes the runtime has of the machine.
func usedMemory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// losePatience ends the process when a command that was told to stop goes on.
func (s Streams) losePatience(ctx context.Context) {
	<-ctx.Done()
	time.Sleep(patience)
	if s.brake.reporting.Load() {
		time.Sleep(reportPatience)
	}
	code, why := exitInterrupted, "interrupted"
	var limit *memoryError
	if errors.As(context.Cause(ctx), &limit) {
		code, why = exitLimit, "rehearse: "+limit.Error()
	}
	fmt.Fprintln(s.Err, why, "while reading the input or writing the report")
	s.outputs.discardAll()
	s.exit(code)
}

// memoryError says that a limit stopped a command.
type memoryError struct {
	limit memoryLimit
	run   *replicate.Interrupted // the run that it stopped, nil for none
}

func (e *memoryError) Error() string {
	text := "the memory limit of " + e.limit.text + " is reached"
	if e.run != nil {
		text += ": " + e.run.Progress()
	}
	return text
}

// Unwrap returns the run that was stopped.
func (e *memoryError) Unwrap() error {
	if e.run == nil {
		return nil
	}
	return e.run
}

// asLimit returns the error of a run with the limit that stopped it, if one did.
func asLimit(err error) error {
	var run *replicate.Interrupted
	var limit *memoryError
	if errors.As(err, &run) && errors.As(run.Cause, &limit) {
		return &memoryError{limit: limit.limit, run: run}
	}
	return err
}

// stoppedBecause is why a run was stopped, for its report; "" for none of its own.
func stoppedBecause(err error) string {
	var run *replicate.Interrupted
	var limit *memoryError
	switch {
	case errors.As(err, &limit):
		return "the memory limit of " + limit.limit.text + " is reached"
	case errors.As(err, &run):
		return "then it was interrupted"
	}
	return ""
}
