package main

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMemoryLimits(t *testing.T) {
	const machine = 10 << 30
	for text, want := range map[string]memoryLimit{
		"80%": {8 << 30, "8192Mi"}, "100%": {10 << 30, "10Gi"}, "4Gi": {4 << 30, "4Gi"}, "64Mi": {64 << 20, "64Mi"},
		"none": {}, "1e30": {math.MaxInt64, "1e30"}, "12.5%": {1280 << 20, "1280Mi"},
	} {
		got, err := parseMemoryLimit(text, machine)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "-1Gi", "63Mi", "0%", "0.9%", "101%", "NaN%", "-5%", "%", "Inf%", "4G i", "x",
		"all", "1e-9", "67108863"} {
		_, err := parseMemoryLimit(text, machine)
		assert.ErrorContains(t, err, "--memory-limit: must be a quantity of at least 64Mi", text)
	}
	got, err := parseMemoryLimit("80%", 0)
	require.NoError(t, err)
	assert.Zero(t, got.bytes, "a machine of unknown size has no limit by default")
	got, err = parseMemoryLimit("80%", 1<<20)
	require.NoError(t, err)
	assert.EqualValues(t, leastMemory, got.bytes, "a small machine lets the smallest runs pass")
	assert.Positive(t, machineMemory())
}

// The brake stops the simulation that goes on. What goes on besides it is stopped
// when that does not help.
func TestBrake(t *testing.T) {
	all, stop := context.WithCancelCause(t.Context())
	var used atomic.Uint64
	b := newBrake(stop, used.Load)
	b.watch(memoryLimit{1 << 40, "1Ti"})
	defer b.release()
	run, done := b.apply(all)
	used.Store(1 << 40)
	time.Sleep(5 * watchEvery)
	require.NoError(t, run.Err(), "the limit itself may be taken")
	used.Store(1<<40 + 1)
	<-run.Done()
	var limit *memoryError
	require.True(t, errors.As(context.Cause(run), &limit))
	assert.EqualError(t, limit, "the memory limit of 1Ti is reached")
	require.NoError(t, all.Err(), "a simulation that stops at once takes nothing else with it")
	used.Store(0)
	done()
	assert.True(t, b.reporting.Load())

	again, done := b.apply(all)
	assert.False(t, b.reporting.Load())
	used.Store(1 << 41) // and stays there, as with a simulation that does not look
	<-again.Done()
	select {
	case <-all.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("a simulation that goes on is waited for without end")
	}
	require.True(t, errors.As(context.Cause(all), &limit))
	done()
}
