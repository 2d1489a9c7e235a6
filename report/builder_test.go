package report

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func TestBuilderFaults(t *testing.T) {
	run := agentRun(2)
	end := record.End{At: at(0, time.Minute), Reason: "horizon"}
	for name, c := range map[string]struct {
		records []record.Record
		want    string
	}{
		"no run": {[]record.Record{end}, `kind: must be "run" in the first record, got "end"`},
		"two runs": {[]record.Record{run, run},
			`kind: must be "run" in the first record and in no other, got a second`},
		"schema": {[]record.Record{record.Run{Schema: "x"}},
			`schema: must be "rehearse.dev/records/v1alpha1", got "x"`},
		"skipped": {[]record.Record{run, record.End{At: at(1, 0)}}, "rep: must be 0 of 2 replications, got 1"},
		"back": {[]record.Record{run, end, record.End{At: at(1, 0)}, end},
			"rep: must be 2 of 2 replications, got 0"},
		"after its end": {[]record.Record{run, end, end}, "rep: must be 1 of 2 replications, got 0"},
		"too many": {[]record.Record{agentRun(1), end, record.End{At: at(1, 0)}},
			"rep: must be 1 of 1 replications, got 1"},
		"negative time": {[]record.Record{run, record.End{At: at(0, -1)}}, "t: must be at least 0, got -0.000000001s"},
		"unknown pod": {[]record.Record{run, record.PodGone{At: at(0, 0), Pod: "a/b"}},
			`pod: must have been created, got "a/b"`},
		"unknown cause": {
			[]record.Record{run, record.Requests{At: at(0, 0), Failed: map[record.Cause]int64{"bad-luck": 1}}},
			`failed: must be one of [no-endpoint no-such-host connection-refused killed-in-flight queue-full timeout dependency-failed too-long unavailable rate-limited error canceled], got "bad-luck"`},
		"negative cause": {
			[]record.Record{run, record.Requests{At: at(0, 0), Failed: map[record.Cause]int64{record.Timeout: -1}}},
			"failed.timeout: must be at least 0, got -1"},
		"negative count": {[]record.Record{run, record.Requests{At: at(0, 0), OK: -1}},
			"arrived, ok: must be at least 0, got 0 and -1"},
		"phase": {[]record.Record{run, record.Rollout{At: at(0, 0), Phase: "begun"}},
			`phase: must be one of started, complete, stalled, paused, resumed, got "begun"`},
		"outage": {[]record.Record{run, record.Outage{At: at(0, 0), From: 1e9}},
			"from: must be at most t, 0s, got 1s"},
		"usage": {[]record.Record{run, record.PoolUsage{At: at(0, 0), From: 1e9}},
			"from: must be at most t, 0s, got 1s"},
		"bucket width": {
			[]record.Record{run, record.ContainerMemory{At: at(0, 0), Seconds: []record.Bucket{{Index: 1, Weight: 1}}}},
			"bucketBytes: must be positive, got 0"},
		"bucket index": {
			[]record.Record{run, record.ContainerMemory{At: at(0, 0), BucketBytes: 1,
				Seconds: []record.Bucket{{Index: -1, Weight: 1}}}},
			"seconds: must have indices and finite weights of at least 0, got [-1, 1]"},
		"no replications": {[]record.Record{run}, "records: must hold at least one replication, got none"},
		"nothing":         {nil, `kind: must be "run" in the first record, got an empty stream`},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder()
			var err error
			for _, r := range c.records {
				if err = b.Add(r); err != nil {
					break
				}
			}
			if err == nil {
				_, err = b.Result()
			}
			require.EqualError(t, err, c.want)
		})
	}
}

func TestResultEndsTheStream(t *testing.T) {
	b := NewBuilder()
	for _, r := range quietTape().records {
		require.NoError(t, b.Add(r))
	}
	first, err := b.Result()
	require.NoError(t, err)
	require.ErrorContains(t, b.Add(record.End{}), "rep: must come before the result is asked for")
	again, err := b.Result()
	require.NoError(t, err)
	require.Same(t, first, again)
}

func TestBuildNamesTheLine(t *testing.T) {
	var stream bytes.Buffer
	w := record.NewWriter(&stream)
	require.NoError(t, w.Write(agentRun(1)))
	require.NoError(t, w.Write(record.PodGone{Pod: "a/b"}))
	require.NoError(t, w.Flush())
	_, err := Build(record.NewReader("out.jsonl", &stream))
	require.EqualError(t, err, `out.jsonl:2: pod: must have been created, got "a/b"`)
}

// A stream may stop anywhere; its result says so, and its numbers are those
// of the complete replications.
func TestInterruptedStream(t *testing.T) {
	tp := rolloutTape()
	whole := tp.build(t)
	require.True(t, whole.Verdict.Complete)
	for n := 2; n < len(tp.records); n += 7 {
		cut := &tape{records: tp.records[:n]}
		r := cut.build(t)
		require.False(t, r.Verdict.Complete)
		require.False(t, r.Verdict.Pass)
		checkOpen(t, r)
		ends := 0
		for _, rec := range cut.records {
			if _, ok := rec.(record.End); ok {
				ends++
			}
		}
		require.Equal(t, ends, r.Completed)
		for i := range ends {
			for key, values := range whole.Values {
				require.Equal(t, values[i].Known(), r.Values[key][i].Known(), key)
				if values[i].Known() {
					require.Equal(t, values[i], r.Values[key][i], key)
				}
			}
		}
		require.Equal(t, ends > 0, r.Verdict.Partial)
		checkStopped(t, r)
		if ends > 0 && len(r.Values["oom.kills"]) > ends {
			require.False(t, r.Values["oom.kills"][ends].Known(), "an incomplete replication has no say")
		}
	}
	end := tp.records[len(tp.records)-1].(record.End)
	end.Reason = "interrupted"
	tp.records[len(tp.records)-1] = end
	require.False(t, tp.build(t).Verdict.Complete)
}

// checkStopped checks that no form of a result that was stopped says PASS, and that
// all say partial when some replications are complete.
func checkStopped(t *testing.T, r *result.Result) {
	t.Helper()
	word := map[bool]string{true: "partial", false: "interrupted"}[r.Verdict.Partial]
	for _, form := range []string{"txt", "md", "junit.xml"} {
		text := string(render(t, r, form))
		require.Contains(t, text, word+": ", form)
		require.NotContains(t, text, "PASS", form)
	}
	require.Equal(t, r.Verdict.Partial, strings.Contains(string(render(t, r, "json")), `"partial": true`))
	require.False(t, r.Verdict.Pass)
}

// checkOpen checks what holds for a stream that was cut anywhere.
func checkOpen(t *testing.T, r *result.Result) {
	t.Helper()
	require.Empty(t, checkAgainstSchema(t, render(t, r, "json")))
}

// Splitting a window of requests changes nothing: no number depends on how
// many records carried it.
func TestWindowsAdd(t *testing.T) {
	one, many := &tape{}, &tape{}
	one.add(agentRun(1))
	many.add(agentRun(1))
	one.window(0, time.Minute, 600, map[record.Cause]int64{record.Timeout: 6}, time.Second)
	for i := range 6 {
		many.window(time.Duration(10*i)*time.Second, time.Duration(10*i+10)*time.Second, 100,
			map[record.Cause]int64{record.Timeout: 1}, time.Second)
	}
	one.end(2 * time.Hour)
	many.end(2 * time.Hour)
	require.Equal(t, string(render(t, one.build(t), "json")), string(render(t, many.build(t), "json")))
}

func TestReplicationZeroTellsTheStory(t *testing.T) {
	r := troubleTape().build(t)
	require.Len(t, r.Pods, 3)
	old, fresh := r.Pods[0], r.Pods[2]
	require.Equal(t, result.Pod{Name: oldLLM, Owner: llm, Revision: "old", Node: "gpu-1", Scheduled: sec(1),
		Ready: sec(105), Phase: "Running", Restarts: 2, OOMKilled: 1}, old)
	require.Equal(t, newLLM, fresh.Name)
	require.Nil(t, fresh.Scheduled)
	require.Equal(t, []result.Pending{
		{Pod: "serving/embed-x", Since: 0, Reason: "Unschedulable", Message: "0/2 nodes are available: 2 Insufficient cpu.",
			Until: nil, For: ""},
		{Pod: newLLM, Since: 600e9, Reason: "Unschedulable", Message: noGPU, Until: nil, For: ""},
	}, r.Pending)
	var texts []string
	for _, e := range r.Events {
		texts = append(texts, e.Type+" "+e.Reason+" "+e.Object+": "+e.Message)
	}
	require.Contains(t, texts, "Normal Scheduled Pod "+oldLLM+": Successfully assigned "+oldLLM+" to gpu-1")
	require.Contains(t, texts, "Warning FailedScheduling Pod "+newLLM+": "+noGPU)
	require.Contains(t, texts, "Warning Failed Pod "+oldLLM+`: Error: secret "hf-token" not found`)
	require.Contains(t, texts,
		"Warning BackOff Pod "+oldLLM+": Back-off restarting failed container vllm in pod llm-old-1")
	require.Contains(t, texts, "Normal Killing Pod "+oldLLM+": Container vllm failed liveness probe, will be restarted")
	for i := 1; i < len(r.Events); i++ {
		require.GreaterOrEqual(t, r.Events[i].T, r.Events[i-1].T)
	}
	require.Equal(t, 1, r.Nodes["gpu-1"].Pods)
	require.Equal(t, result.Amounts{CPU: 2, Memory: float64(12 * gi), GPU: 1, Pods: 1}, r.Nodes["gpu-1"].Requested)
}

func sec(s int64) *sim.Time {
	t := sim.Time(s) * 1e9
	return &t
}

func FuzzBuild(f *testing.F) {
	// Short streams: the fuzzer minimizes what it finds, long ones for ever.
	short := quietTape().records
	for _, records := range [][]record.Record{
		short,
		append(short[:1:1], troubleTape().records[1:12]...),
		append(short[:1:1], troubleTape().records[15:20]...),
	} {
		var stream bytes.Buffer
		w := record.NewWriter(&stream)
		for _, r := range records {
			if err := w.Write(r); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			f.Fatal(err)
		}
		f.Add(stream.String())
	}
	// Whatever can be read gives a result in every form, or an error of one
	// line.
	f.Fuzz(func(t *testing.T, stream string) {
		r, err := Build(record.NewReader("r.jsonl", strings.NewReader(stream)))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, form := range slices.Sorted(maps.Keys(forms)) {
			require.NoError(t, forms[form](io.Discard, r))
		}
		require.NoError(t, page.WriteComparison(io.Discard, twoOf(r, r), "text"))
		require.Zero(t, len(twoOf(r, r).Differences))
	})
}
