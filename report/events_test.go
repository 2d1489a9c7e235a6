package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Failures go to the step before them while it is near or they do not calm
// down, to a newer step once there is one, and else to none, as what always
// fails does.
func TestFailuresFollowSteps(t *testing.T) {
	tp := &tape{}
	timeout := func(n int64) map[record.Cause]int64 { return map[record.Cause]int64{record.Timeout: n} }
	window := func(from time.Duration, n int64) { tp.window(from, from+10*time.Second, 500, timeout(n), time.Second) }
	tp.add(agentRun(2))
	step := func(at time.Duration, text string) { tp.add(record.Step{At: tp.at(at), Text: text}) }
	for range 2 {
		tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, From: 0, To: 3})
		for minute := range time.Duration(9) { // what always fails
			window(minute*time.Minute, int64(minute%2))
		}
		step(10*time.Minute, "drain node a")
		window(9*time.Minute+55*time.Second, 20) // the step lies within
		window(11*time.Minute, 40)
		window(11*time.Minute+30*time.Second, 1) // as always
		window(12*time.Minute, 80)
		window(12*time.Minute+50*time.Second, 160) // beyond the reach, but it goes on
		window(20*time.Minute, 8)                  // it was calm meanwhile
		step(30*time.Minute, "set image b")
		window(30*time.Minute+20*time.Second, 64)
		step(30*time.Minute+40*time.Second, "drain node c")
		window(30*time.Minute+50*time.Second, 128)
		tp.end(time.Hour)
	}
	events := tp.build(t).Services[agentSvc].Events
	got := map[string]int64{}
	for _, e := range events {
		got[e.Event] = e.Failed
		require.Equal(t, 2, e.Replications)
		require.Equal(t, map[record.Cause]int64{record.Timeout: e.Failed}, e.FailedByCause)
	}
	require.Equal(t, map[string]int64{"drain node a": 2 * 300, "set image b": 2 * 64, "drain node c": 2 * 128, "": 2 * 13},
		got)
	require.Equal(t, "", events[len(events)-1].Event)
}

// Of two steps near each other the one that changed a workload of the Service has to
// answer for its failures, and not one that is about others only. A step about a node
// concerns everybody.
func TestFailuresFollowTheStepThatIsAboutTheService(t *testing.T) {
	const other = "ai-agents/Deployment/other"
	for second, want := range map[string]string{
		"Deployment ai-agents/other":    "restart a",
		"Deployment ai-agents/ai-agent": "second",
		"Node n-1":                      "second",
		"Deployment ai-agents/ghost":    "second",
	} {
		tp := &tape{}
		run := agentRun(1)
		run.Workloads = append(run.Workloads, record.Workload{Key: other, Replicas: 1})
		tp.add(run, record.Endpoints{At: tp.at(0), Service: agentSvc, From: 0, To: 3},
			record.Step{At: tp.at(10 * time.Minute), Text: "restart a", Objects: []string{"Deployment ai-agents/ai-agent"}},
			record.Step{At: tp.at(10*time.Minute + time.Second), Text: "second", Objects: []string{second}})
		tp.window(10*time.Minute+5*time.Second, 10*time.Minute+6*time.Second, 0,
			map[record.Cause]int64{record.Killed: 9}, time.Second)
		tp.end(time.Hour)
		events := tp.build(t).Services[agentSvc].Events
		require.Len(t, events, 1, second)
		require.Equal(t, want, events[0].Event, second)
	}
}
