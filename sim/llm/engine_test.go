package llm

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm/catalogue"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

func setup(t testing.TB, model, gpu string, ranks int) timing.Setup {
	m, err := catalogue.FindModel(model)
	require.NoError(t, err)
	g, err := catalogue.FindGPU(gpu)
	require.NoError(t, err)
	return timing.Setup{Model: m, GPU: g, TensorParallel: ranks}
}

// A prompt alone takes its chunks, and then an iteration a token.
func TestOnePromptAlone(t *testing.T) {
	loop := sim.NewLoop()
	e, err := NewEngine(loop, sim.PhaseRequest, Config{Setup: setup(t, "llama-3.1-8b", "l40s", 1)})
	require.NoError(t, err)
	var log []string
	l := &listener{log: &log}
	l.Input, l.Output, l.Done = 3000, 100, l
	require.NoError(t, e.Submit(0, &l.Sequence))
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Minute)))
	takes := func(b timing.Batch) int64 {
		time, floor := e.cost.Iteration(b)
		return max(time, floor)
	}
	request := int64((e.config.Generation.Coefficients.Request + e.config.Generation.Coefficients.Intake) * 1e9)
	want := takes(timing.Batch{Sequences: 1, Tokens: 2048, Context: 2048, Pairs: 2048 * 2048}) +
		takes(timing.Batch{Sequences: 1, Tokens: 952, Context: 3000, Pairs: 952 * (2*2048 + 952)})
	first := fmt.Sprint((request+want+999)/1000, " first 0")
	for k := int64(1); k < 100; k++ {
		want += takes(timing.Batch{Sequences: 1, Tokens: 1, Context: 3001, Rounds: k - 1})
	}
	s := e.Stats()
	require.InDelta(t, float64(want)/1e12, s.Busy, 1e-12)
	require.Equal(t, int64(2+99), s.Iterations)
	require.Equal(t, []string{first, fmt.Sprint((request+want+999)/1000, " done 0")}, log)
	require.Equal(t, int64(3000), s.PromptTokens)
	require.Equal(t, int64(100), s.OutputTokens)
}

// An engine that is killed forgets all, and serves again.
func TestKillForgets(t *testing.T) {
	loop := sim.NewLoop()
	e := newEngine(t, loop, Config{Setup: setup(t, "llama-3.1-8b", "l4", 1), PrefixCaching: true}, 40)
	var log []string
	ask := func(now sim.Time) *listener {
		l := &listener{log: &log}
		l.Input, l.Output, l.Prefix, l.Done = 100, 50, []Part{{1, 16}, {2, 16}}, l
		require.NoError(t, e.Submit(now, &l.Sequence))
		return l
	}
	for range 5 {
		ask(0)
	}
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Second)))
	told := len(log)
	e.Kill(loop.Now())
	require.Zero(t, e.Stats().Running+e.Stats().Waiting)
	require.Zero(t, e.Stats().Cache)
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Minute)))
	require.Len(t, log, told)
	ask(loop.Now())
	require.NoError(t, loop.RunUntil(context.Background(), sim.Time(2*time.Minute)))
	require.Len(t, log, told+2)
}

// A GPU that is divided between two serves each at half the speed.
func TestSharedGPUsAreSlower(t *testing.T) {
	ends := map[int]sim.Time{}
	for _, among := range []int{1, 2} {
		loop := sim.NewLoop()
		e, err := NewEngine(loop, sim.PhaseRequest, Config{Setup: setup(t, "llama-3.1-8b", "l40s", 1)})
		require.NoError(t, err)
		e.Share(0, among)
		var log []string
		l := &listener{log: &log}
		l.Input, l.Output, l.Done = 1000, 200, l
		require.NoError(t, e.Submit(0, &l.Sequence))
		require.NoError(t, loop.RunUntil(context.Background(), sim.Time(time.Minute)))
		ends[among] = sim.Time(e.Stats().Busy * 1e9)
	}
	require.InDelta(t, 2*float64(ends[1]), float64(ends[2]), 10)
}

// What can't be is said before anything runs.
func TestConfigs(t *testing.T) {
	big := setup(t, "llama-3.1-70b", "l40s", 1)
	for want, c := range map[string]Config{
		"model: must fit: llama-3.1-70b needs 131.4 GiB of weights and 1.5 GiB besides on each of 1 × l40s, got 40.5 GiB (0.9 of 45.0 GiB); 4 × l40s or 1 × b200-180gb would do": {Setup: big},
		"maxNumBatchedTokens: must be from maxNumSeqs, 256, to 1048576, got 100":                                                                                                 {Setup: big, MaxBatchedTokens: 100},
		"gpuMemoryUtilization: must be above 0 and at most 1, got 1.5":                                                                                                           {Setup: big, MemoryUtilization: 1.5},
	} {
		_, err := NewEngine(sim.NewLoop(), sim.PhaseRequest, c)
		require.EqualError(t, err, want)
	}
	_, err := catalogue.FindGPU("rtx")
	require.ErrorContains(t, err, "must be one of a10, a100-40gb")
	_, err = catalogue.FindModel("gpt")
	require.ErrorContains(t, err, "must be a model of the catalogue like")
	blocks, err := Config{Setup: setup(t, "llama-3.1-70b", "h100-80gb", 4)}.Blocks()
	require.NoError(t, err)
	// 4 × (0.9 × 81,559 MiB − 1.5 GiB) less the weights, over 327,680 bytes a token.
	require.InDelta(t, (4*(0.9*81559*(1<<20)-1.5*gib)-2*70.55e9)/327680/16, float64(blocks), 1)
}

// BenchmarkRequests are requests of 512 and 128 tokens at nine tenths of what
// the GPU takes.
func BenchmarkRequests(b *testing.B) {
	loop := sim.NewLoop()
	e, err := NewEngine(loop, sim.PhaseRequest, Config{Setup: setup(b, "llama-3.1-8b", "h100-80gb", 1),
		PrefixCaching: true})
	require.NoError(b, err)
	pool := make([]listener, 512)
	var log []string
	sent := 0
	var next sim.Func
	next = func(now sim.Time) {
		l := &pool[sent%len(pool)]
		if l.state == idle {
			l.Input, l.Output, l.Done, l.log = 512, 128, quiet{}, &log
			if err := e.Submit(now, &l.Sequence); err != nil {
				b.Fatal(err)
			}
		}
		sent++
		loop.At(now+sim.Time(40*time.Millisecond), sim.PhaseRequest, next)
	}
	loop.At(0, sim.PhaseRequest, next)
	b.ReportAllocs()
	for b.Loop() {
		until := sent + 1
		for sent < until {
			if err := loop.RunUntil(context.Background(), loop.Now()+sim.Time(40*time.Millisecond)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

type quiet struct{}

func (quiet) FirstToken(sim.Time) {}
func (quiet) Finished(sim.Time)   {}

// An 8B model has room for about 30,000 tokens on 24 GB, 195,000 on an L40S and
// 455,000 on 80 GB, as vLLM reports with 0.9 of the memory.
func TestCachesHoldWhatIsReported(t *testing.T) {
	for gpu, tokens := range map[string]float64{"l4": 30e3, "a10g": 30e3, "l40s": 195e3, "a100-80gb": 455e3,
		"h100-80gb": 455e3} {
		blocks, err := Config{Setup: setup(t, "llama-3.1-8b", gpu, 1)}.Blocks()
		require.NoError(t, err)
		require.InEpsilon(t, tokens, float64(blocks*BlockSize), 0.05, gpu)
	}
}
