package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/page"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// lateTape is two runs of a Service whose clients want 99 % of the answers
// within a second: some are late all the time, many after a step.
func lateTape() *tape {
	tp := &tape{}
	run := agentRun(2)
	run.Services[0].Objective = &record.Objective{Latency: sim.Time(time.Second), Share: 0.99}
	tp.add(run)
	for range 2 {
		tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, From: 0, To: 3})
		window := func(from time.Duration, late, failed int64) {
			r := record.Requests{At: tp.at(from + time.Minute), Service: agentSvc, From: sim.Time(from), Arrived: 1000,
				OK: 1000 - failed, Late: late,
				Sessions: &record.Sessions{Started: 1, Turns: 1000, TurnsFailed: failed}}
			if failed > 0 {
				r.Failed = map[record.Cause]int64{record.Killed: failed}
			}
			for range r.OK {
				r.Latency.Add(int64(500 * time.Millisecond))
			}
			tp.add(r)
		}
		for minute := range time.Duration(10) {
			window(minute*time.Minute, 4, 0)
		}
		tp.add(record.Step{At: tp.at(10 * time.Minute), Text: "drain node a"})
		window(10*time.Minute, 96, 10)
		window(11*time.Minute, 4, 0)
		tp.end(time.Hour)
	}
	return tp
}

func TestLateAnswersSpendTheErrorBudget(t *testing.T) {
	r := lateTape().build(t)
	s := r.Services[agentSvc]
	require.Equal(t, int64(2*(11*4+96)), s.Late)
	require.Equal(t, s.Late, r.Downtime.Late)
	require.InDelta(t, 0.01*2*12_000, s.ErrorBudget.Allowed, 1e-6)
	require.InDelta(t, float64(s.Late+s.Failed)/240, float64(s.ErrorBudget.Spent), 1e-9)
	require.InDelta(t, 1-150.0/12_000, float64(r.Values["service.goodput "+agentSvc][0]), 1e-12)
	require.InDelta(t, 140, float64(r.Values["service.late "+agentSvc][1]), 0)
	require.Equal(t, []result.EventCost{
		{At: sim.Time(10 * time.Minute), Event: "drain node a", Failed: 20, FailedByCause: map[record.Cause]int64{
			record.Killed: 20}, Late: 192, TurnsFailed: 20, Replications: 2},
		{Late: 88, FailedByCause: map[record.Cause]int64{}, Replications: 2},
	}, s.Events)
	var out strings.Builder
	require.NoError(t, page.WriteText(&out, r, words.TextOptions{Width: 400}))
	for _, line := range []string{
		"turns of sessions that failed: 20 of 24,000",
		"late: 280 of 23,980 answers took longer than 1s",
		"failed: 20 killed-in-flight",
		"after drain node a at 10m00s: 20 requests failed, 192 answers late, 20 turns of sessions lost, in 2 of 2 replications",
		"at other times: 88 answers late, in 2 of 2 replications",
		"error budget for 99 %: 125 % spent",
	} {
		require.Contains(t, out.String(), "    "+line+"\n")
	}
}

// Without an objective nothing is late, and there is nothing to expect of it.
func TestNothingIsLateWithoutAnObjective(t *testing.T) {
	tp := lateTape()
	run := tp.records[0].(record.Run)
	run.Services[0].Objective = &record.Objective{Share: 0.99}
	tp.records[0] = run
	for i, r := range tp.records {
		if w, is := r.(record.Requests); is {
			w.Late = 0
			tp.records[i] = w
		}
	}
	r := tp.build(t)
	require.False(t, r.Values["service.late "+agentSvc][0].Known())
	require.False(t, r.Values["service.goodput "+agentSvc][0].Known())
	require.InDelta(t, 20.0/240, float64(r.Services[agentSvc].ErrorBudget.Spent), 1e-9)
}

func TestMoreLateThanAnsweredIsRefused(t *testing.T) {
	tp := &tape{}
	tp.add(agentRun(1))
	b := NewBuilder()
	require.NoError(t, b.Add(tp.records[0]))
	require.EqualError(t, b.Add(record.Requests{At: tp.at(time.Minute), Service: agentSvc, OK: 1, Late: 2}),
		"late: must be from 0 to ok, 1, got 2")
}
