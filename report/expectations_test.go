package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// judged gives the verdict on a run of three replications in which a Service
// fails 1, 2 and 6 of its 100 requests and a second one gets none.
func judged(t *testing.T, expectations ...record.Expectation) result.Verdict {
	t.Helper()
	run := agentRun(3)
	run.Services = append(run.Services, record.Service{Key: "ai-agents/idle"})
	run.Workloads = append(run.Workloads, record.Workload{Key: "ai-agents/Pod/lone", Replicas: 1})
	run.Expectations = expectations
	tp := &tape{}
	tp.add(run)
	for _, failed := range []int64{1, 6, 2} {
		tp.add(record.Rollout{At: tp.at(0), Workload: agent, Phase: "started", Revision: "a"})
		tp.podUp("ai-agents/lone", "ai-agents/Pod/lone", "", "cpu-1", 0, time.Second, true)
		tp.window(0, time.Minute, 100-failed, map[record.Cause]int64{record.Timeout: failed}, time.Second)
		if failed == 6 {
			tp.add(record.Rollout{At: tp.at(time.Minute), Workload: agent, Phase: "complete", Revision: "a"})
		}
		tp.end(time.Minute)
	}
	return tp.build(t).Verdict
}

func TestExpectations(t *testing.T) {
	failed := func(e record.Expectation) record.Expectation {
		e.Metric, e.Of = "service.failed", agentSvc
		return e
	}
	for name, c := range map[string]struct {
		e      record.Expectation
		pass   bool
		misses int
		worst  float64
		in     int // replication
		reason string
	}{
		"at most, held by all":     {failed(record.Expectation{AtMost: f(6)}), true, 0, 6, 1, ""},
		"at most, missed by one":   {failed(record.Expectation{AtMost: f(5)}), false, 1, 6, 1, ""},
		"at most, held by mean":    {failed(record.Expectation{AtMost: f(3), Across: "mean"}), true, 1, 6, 1, ""},
		"at most, missed by mean":  {failed(record.Expectation{AtMost: f(2.9), Across: "mean"}), false, 1, 6, 1, ""},
		"at least, missed by two":  {failed(record.Expectation{AtLeast: f(3)}), false, 2, 1, 0, ""},
		"at least, held":           {failed(record.Expectation{AtLeast: f(1), Across: "every"}), true, 0, 1, 0, ""},
		"equals, worst is farther": {failed(record.Expectation{Equals: f(2)}), false, 2, 6, 1, ""},
		"equals of the mean":       {failed(record.Expectation{Equals: f(3), Across: "mean"}), true, 3, 6, 1, ""},
		"two bounds": {failed(record.Expectation{AtMost: f(9), AtLeast: f(0)}), false, 0, 0, 0,
			"must have exactly one of atLeast, atMost and equals, got 2"},
		"no bound": {failed(record.Expectation{}), false, 0, 0, 0,
			"must have exactly one of atLeast, atMost and equals, got 0"},
		"across": {failed(record.Expectation{AtMost: f(9), Across: "most"}), false, 0, 0, 0,
			"across: must be every or mean, got most"},
		"unknown metric": {record.Expectation{Metric: "service.luck", AtMost: f(1)}, false, 0, 0, 0,
			"metric: must be one of record.Metrics, got service.luck"},
		"unknown object": {record.Expectation{Metric: "service.failed", Of: "a/b", AtMost: f(1)}, false, 0, 0, 0,
			`of: must be one of ai-agents/ai-agent-svc, ai-agents/idle, got "a/b"`},
		"never measured": {record.Expectation{Metric: "service.availability", Of: "ai-agents/idle", AtLeast: f(0.9)}, false,
			0, 0, 0, "no replication has a value of it: no request ended"},
	} {
		t.Run(name, func(t *testing.T) {
			v := judged(t, c.e)
			require.Len(t, v.Expectations, 1)
			got := v.Expectations[0]
			require.Equal(t, c.pass, got.Pass)
			require.Equal(t, c.pass, v.Pass)
			require.Equal(t, c.reason, got.Reason)
			require.Equal(t, c.misses, got.ReplicationsFailed)
			if c.reason == "" {
				require.EqualValues(t, c.worst, got.Measured.Worst)
				require.Equal(t, c.in, got.Measured.WorstReplication)
				require.EqualValues(t, 3, got.Measured.Mean)
			}
		})
	}
}

// Without an object an expectation is about every one that can have a value,
// and fails when there is none.
func TestExpectationOfEveryObject(t *testing.T) {
	v := judged(t, record.Expectation{Metric: "service.availability", AtLeast: f(0.9)})
	require.True(t, v.Pass)
	require.Len(t, v.Expectations, 1, "the idle Service has no availability")
	require.Equal(t, agentSvc, v.Expectations[0].Of)

	v = judged(t, record.Expectation{Metric: "workload.restarts", AtMost: f(0)})
	require.Len(t, v.Expectations, 2)

	v = judged(t, record.Expectation{Metric: "pool.requested.gpu", AtMost: f(1)})
	require.False(t, v.Pass)
	require.Equal(t, "no pool has a value of it", v.Expectations[0].Reason)
}

// A value that some replications lack does not hold in them.
func TestExpectationWithMissingValues(t *testing.T) {
	tp := &tape{}
	run := agentRun(2)
	run.Expectations = []record.Expectation{{Metric: "service.latency.p99", Of: agentSvc, AtMost: f(5)}}
	tp.add(run)
	tp.window(0, time.Minute, 10, nil, time.Second)
	tp.end(time.Minute)
	tp.end(time.Minute)
	v := tp.build(t).Verdict
	require.False(t, v.Pass)
	require.Equal(t, "1 of 2 replications have no value of it: no request ended well", v.Expectations[0].Reason)
	require.Equal(t, 1, v.Expectations[0].ReplicationsFailed)
}
