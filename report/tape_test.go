package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const (
	gi = int64(1) << 30
	mi = int64(1) << 20

	agent     = "ai-agents/Deployment/ai-agent"
	agentSvc  = "ai-agents/ai-agent-svc"
	firstHash = "6d4cf56db6"
	nextHash  = "7f9c8b5d44"
)

// tape writes hand-made records down.
type tape struct {
	records []record.Record
	rep     int
}

func at(rep int, t time.Duration) record.At { return record.At{Replication: rep, T: sim.Time(t)} }

func (tp *tape) at(t time.Duration) record.At { return at(tp.rep, t) }

func (tp *tape) add(r ...record.Record) { tp.records = append(tp.records, r...) }

// build feeds the records to a Builder by way of their JSON form.
func (tp *tape) build(t *testing.T) *result.Result {
	t.Helper()
	b := NewBuilder()
	for i, r := range tp.records {
		require.NoError(t, b.Add(r), "record %d: %#v", i, r)
	}
	result, err := b.Result()
	require.NoError(t, err)
	return result
}

// agentRun is the head of a run of three agents on three small nodes.
func agentRun(replications int) record.Run {
	requests := record.Resources{CPU: 0.25, Memory: 512 * mi}
	limits := record.Resources{CPU: 1, Memory: 2 * gi}
	run := record.Run{
		Schema:       record.Schema,
		Scenario:     "ai-agent",
		Seed:         1,
		Replications: replications,
		Duration:     sim.Time(2 * time.Hour),
		Workloads: []record.Workload{{
			Key: agent, Replicas: 3, Strategy: strategy("RollingUpdate maxSurge=1 maxUnavailable=0"),
			Containers: []record.Container{{Name: "agent", Image: "myregistry/ai-agent:1.0.0", Requests: requests,
				Limits: limits}},
		}},
		Services:    []record.Service{{Key: agentSvc, Workloads: []string{agent}}},
		Assumptions: []string{"Images are pulled at 100Mi/s."},
		Ignored: []record.Ignored{{Object: "ConfigMap ai-agents/settings", Source: "ai-agent/config.yaml:1",
			Reason: "nothing of it changes the simulation"}},
	}
	for _, name := range []string{"cpu-1", "cpu-2", "cpu-3"} {
		run.Nodes = append(run.Nodes, record.Node{
			Name: name, Pool: "cpu", InstanceType: "aws/m7i.large", USDPerHour: 0.1008,
			Allocatable: record.Resources{CPU: 1.93, Memory: 7 * gi, Pods: 29},
		})
	}
	return run
}

// podUp is a pod's way from creation to serving and Ready.
func (tp *tape) podUp(pod, owner, revision, node string, t, start time.Duration, readiness bool) {
	tp.add(
		record.PodCreated{At: tp.at(t), Pod: pod, Owner: owner, Revision: revision,
			Requests: record.Resources{CPU: 0.25, Memory: 512 * mi}},
		record.PodScheduled{At: tp.at(t + 25*time.Millisecond), Pod: pod, Node: node},
		record.ImagePulled{At: tp.at(t + time.Second), Pod: pod, Node: node, Image: "myregistry/ai-agent:1.0.0",
			Bytes: 400 * mi, Took: sim.Time(900 * time.Millisecond)},
		record.ContainerStarted{At: tp.at(t + time.Second), Pod: pod, Container: "agent"},
	)
	if !readiness {
		tp.add(record.PodReady{At: tp.at(t + time.Second), Pod: pod, Ready: true})
	}
	tp.add(record.ContainerServing{At: tp.at(t + time.Second + start), Pod: pod, Container: "agent",
		Took: sim.Time(start)})
	if readiness {
		tp.add(record.PodReady{At: tp.at(t + time.Second + start), Pod: pod, Ready: true})
	}
}

// podDown is a graceful deletion that takes two seconds.
func (tp *tape) podDown(pod string, t time.Duration, inFlight int) {
	tp.add(
		record.PodDeleting{At: tp.at(t), Pod: pod, Reason: "scale-down", Grace: sim.Time(30 * time.Second)},
		record.ContainerExited{At: tp.at(t + 2*time.Second), Pod: pod, Container: "agent", Reason: "Completed",
			Cause: "terminated", Uptime: sim.Time(time.Hour), InFlight: inFlight},
		record.ContainerMemory{At: tp.at(t + 2*time.Second), Pod: pod, Container: "agent", Owner: agent, Request: 512 * mi,
			Limit: 2 * gi,
			Max:   700 * mi, BucketBytes: 16 * mi, Seconds: []record.Bucket{{Index: 22, Weight: 60}, {Index: 43, Weight: 1}},
			Running: 61},
		record.PodGone{At: tp.at(t + 2*time.Second), Pod: pod},
	)
}

// window is a window of requests with the given latency.
func (tp *tape) window(from, to time.Duration, ok int64, failed map[record.Cause]int64, latency time.Duration) {
	r := record.Requests{At: tp.at(to), Service: agentSvc, From: sim.Time(from), Arrived: ok, OK: ok, Failed: failed,
		InFlight: 4}
	for _, n := range failed {
		r.Arrived += n
	}
	for range ok {
		r.Latency.Add(int64(latency))
	}
	tp.add(r)
}

func (tp *tape) usage(from, to time.Duration, pods int64) {
	cpu, memory := 0.25*float64(pods), pods*512*mi
	tp.add(record.PoolUsage{At: tp.at(to), Pool: "cpu", From: sim.Time(from),
		Requested:     record.Resources{CPU: cpu, Memory: memory, Pods: pods},
		RequestedPeak: record.Resources{CPU: cpu + 0.25, Memory: memory + 512*mi, Pods: pods + 1},
		Used:          record.Resources{CPU: 0.2, Memory: 1 * gi, Pods: pods},
		UsedPeak:      record.Resources{CPU: 0.9, Memory: 2 * gi, Pods: pods + 1}})
}

func (tp *tape) end(t time.Duration) {
	tp.add(record.End{At: tp.at(t), Reason: "horizon", Events: 1000})
	tp.rep++
}

// rollingUpdate is a whole replication: three pods, a rolling update at 30
// minutes without a readiness probe, in which refused requests are refused.
func (tp *tape) rollingUpdate(refused int64) {
	old := []string{"ai-agents/ai-agent-" + firstHash + "-a", "ai-agents/ai-agent-" + firstHash + "-b",
		"ai-agents/ai-agent-" + firstHash + "-c"}
	tp.add(
		record.Rollout{At: tp.at(0), Workload: agent, Phase: "started", Revision: firstHash,
			Images: []string{"myregistry/ai-agent:1.0.0"}},
		record.ReplicaSetScaled{At: tp.at(0), Workload: agent, ReplicaSet: "ai-agent-" + firstHash, Revision: firstHash,
			To: 3, Created: true},
	)
	nodes := []string{"cpu-1", "cpu-2", "cpu-3"}
	for i, pod := range old {
		tp.podUp(pod, agent, firstHash, nodes[i], 0, 4*time.Second, false)
	}
	tp.add(
		record.Endpoints{At: tp.at(2 * time.Second), Service: agentSvc, From: 0, To: 3},
		record.Rollout{At: tp.at(3 * time.Second), Workload: agent, Phase: "complete", Revision: firstHash},
	)
	tp.window(0, 30*time.Minute, 3000, nil, 250*time.Millisecond)
	tp.usage(0, 30*time.Minute, 3)
	begin := 30 * time.Minute
	tp.add(
		record.Step{At: tp.at(begin), Text: "set image Deployment/ai-agent agent=myregistry/ai-agent:1.1.0"},
		record.Rollout{At: tp.at(begin), Workload: agent, Phase: "started", Revision: nextHash,
			Images: []string{"myregistry/ai-agent:1.1.0"}},
	)
	for i, pod := range old {
		t := begin + time.Duration(10*i)*time.Second
		fresh := "ai-agents/ai-agent-" + nextHash + "-" + string(rune('a'+i))
		tp.podUp(fresh, agent, nextHash, nodes[i], t, 5*time.Second, false)
		tp.podDown(pod, t+7*time.Second, 0)
	}
	var failed map[record.Cause]int64
	if refused > 0 {
		failed = map[record.Cause]int64{record.Refused: refused}
	}
	tp.window(begin, begin+time.Minute, 100, failed, 400*time.Millisecond)
	if refused > 1 {
		tp.add(record.Outage{At: tp.at(begin + 6*time.Second), Service: agentSvc, From: sim.Time(begin + 4*time.Second),
			Failed: failed})
	}
	tp.add(record.Rollout{At: tp.at(begin + 38*time.Second), Workload: agent, Phase: "complete", Revision: nextHash})
	tp.window(begin+time.Minute, 2*time.Hour, 9000, nil, 250*time.Millisecond)
	tp.usage(begin, 2*time.Hour, 3)
	for i := range nodes {
		tp.add(record.ContainerMemory{At: tp.at(2 * time.Hour),
			Pod: "ai-agents/ai-agent-" + nextHash + "-" + string(rune('a'+i)), Container: "agent", Owner: agent,
			Request: 512 * mi, Limit: 2 * gi, Max: 800 * mi, BucketBytes: 16 * mi,
			Seconds: []record.Bucket{{Index: 24, Weight: 5000}, {Index: 49, Weight: 300}}, Running: 5300})
	}
	tp.add(record.Headroom{At: tp.at(2 * time.Hour), Workload: agent, Replicas: 18,
		Message: "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."})
	tp.end(2 * time.Hour)
}

func f(v float64) *float64 { return &v }

func rolloutTape() *tape {
	run := agentRun(4)
	run.Expectations = []record.Expectation{
		{Metric: "workload.ready.min", Of: agent, AtLeast: f(3), Source: "ai-agent.yaml:51"},
		{Metric: "service.availability", Of: agentSvc, AtLeast: f(0.999), Source: "ai-agent.yaml:57"},
		{Metric: "oom.kills", Equals: f(0), Source: "ai-agent.yaml:60"},
	}
	tp := &tape{}
	tp.add(run)
	for _, refused := range []int64{12, 9, 31, 0} {
		tp.rollingUpdate(refused)
	}
	return tp
}

// strategy reads the text form.
func strategy(text string) record.Strategy {
	s, err := record.ParseStrategy(text)
	if err != nil {
		panic(err)
	}
	return s
}
