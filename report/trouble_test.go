package report

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const (
	llm    = "serving/Deployment/llm"
	llmSvc = "serving/llm"
	batch  = "serving/Job/embed"
	oldLLM = "serving/llm-old-1"
	newLLM = "serving/llm-new-1"
	noGPU  = "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
)

func llmRun() record.Run {
	return record.Run{
		Schema: record.Schema, Scenario: "llm", Seed: 7, Replications: 2, Duration: sim.Time(time.Hour),
		Nodes: []record.Node{
			{Name: "gpu-1", Pool: "gpu", InstanceType: "aws/g5.xlarge", USDPerHour: 1.006, Allocatable: record.Resources{
				CPU: 3.92, Memory: 14 * gi, GPU: 1, Pods: 58}},
			{Name: "cpu-1", Pool: "cpu", InstanceType: "aws/m7i.large", USDPerHour: 0.1008, Allocatable: record.Resources{
				CPU: 1.93, Memory: 7 * gi, Pods: 29}},
		},
		Workloads: []record.Workload{
			{Key: llm, Replicas: 1, Strategy: strategy("RollingUpdate maxSurge=25% maxUnavailable=25%"), Readiness: true,
				Containers: []record.Container{{Name: "vllm", Image: "vllm:0.9"}}},
			{Key: batch, Replicas: 1, Containers: []record.Container{{Name: "embed", Image: "embed:1"}}},
		},
		Services: []record.Service{{Key: llmSvc, Workloads: []string{llm}}},
		Expectations: []record.Expectation{
			{Metric: "workload.rollout.unfinished", AtMost: f(0), Source: "llm.yaml:30"},
			{Metric: "service.latency.p99", Of: llmSvc, AtMost: f(2), Across: "mean", Source: "llm.yaml:32"},
			{Metric: "pool.requested.gpu", Of: "cpu", AtMost: f(1), Source: "llm.yaml:34"},
		},
	}
}

// troubleTape is a rollout that waits for the GPU of its own old pod, while
// that pod is OOM-killed, and a Job that fits on no node and lacks a Secret.
// The second replication breaks off.
func troubleTape() *tape {
	tp := &tape{}
	tp.add(llmRun())
	tp.llmReplication()
	tp.add(record.End{At: tp.at(time.Hour), Reason: "horizon", Events: 77})
	tp.rep++
	tp.llmReplication()
	return tp
}

func (tp *tape) llmReplication() {
	gpu := record.Resources{CPU: 2, Memory: 12 * gi, GPU: 1}
	tp.add(
		record.Rollout{At: tp.at(0), Workload: llm, Phase: "started", Revision: "old", Images: []string{"vllm:0.9"}},
		record.PodCreated{At: tp.at(0), Pod: oldLLM, Owner: llm, Revision: "old", Requests: gpu},
		record.PodCreated{At: tp.at(0), Pod: "serving/embed-x", Owner: batch, Requests: record.Resources{CPU: 4, Memory: gi}},
		record.PodScheduled{At: tp.at(time.Second), Pod: oldLLM, Node: "gpu-1"},
		record.PodUnschedulable{At: tp.at(time.Second), Pod: "serving/embed-x", Reason: "Unschedulable",
			Message: "0/2 nodes are available: 2 Insufficient cpu."},
		record.ContainerWaiting{At: tp.at(2 * time.Second), Pod: oldLLM, Container: "vllm",
			Reason: "CreateContainerConfigError", Message: `secret "hf-token" not found`},
		record.ContainerStarted{At: tp.at(10 * time.Second), Pod: oldLLM, Container: "vllm"},
		record.ContainerKilling{At: tp.at(20 * time.Second), Pod: oldLLM, Container: "vllm",
			Message: "Container vllm failed liveness probe, will be restarted"},
		record.ContainerExited{At: tp.at(50 * time.Second), Pod: oldLLM, Container: "vllm", ExitCode: 137, Reason: "Error",
			Cause: "liveness", Uptime: sim.Time(40 * time.Second)},
		record.ContainerWaiting{At: tp.at(50 * time.Second), Pod: oldLLM, Container: "vllm", Reason: "CrashLoopBackOff",
			Message: "back-off 10s restarting failed container"},
		record.ContainerStarted{At: tp.at(60 * time.Second), Pod: oldLLM, Container: "vllm", Restarts: 1},
		record.ContainerServing{At: tp.at(100 * time.Second), Pod: oldLLM, Container: "vllm",
			Took: sim.Time(40 * time.Second)},
		record.PodReady{At: tp.at(105 * time.Second), Pod: oldLLM, Ready: true},
		record.Endpoints{At: tp.at(105 * time.Second), Service: llmSvc, From: 0, To: 1},
		record.Rollout{At: tp.at(105 * time.Second), Workload: llm, Phase: "complete", Revision: "old"},
	)
	tp.llmWindow(0, 105*time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 20})
	tp.llmWindow(105*time.Second, 10*time.Minute, 400, nil)
	tp.add(
		record.Step{At: tp.at(10 * time.Minute), Text: "set image Deployment/llm vllm=vllm:0.10"},
		record.Rollout{At: tp.at(10 * time.Minute), Workload: llm, Phase: "started", Revision: "new",
			Images: []string{"vllm:0.10"}},
		record.PodCreated{At: tp.at(10 * time.Minute), Pod: newLLM, Owner: llm, Revision: "new", Requests: gpu},
		record.PodUnschedulable{At: tp.at(10*time.Minute + time.Second), Pod: newLLM, Reason: "Unschedulable",
			Message: noGPU},
		record.Rollout{At: tp.at(20 * time.Minute), Workload: llm, Phase: "stalled", Revision: "new",
			Message: `ReplicaSet "llm-new" has timed out progressing.`},
		record.ContainerExited{At: tp.at(30 * time.Minute), Pod: oldLLM, Container: "vllm", ExitCode: 137,
			Reason: "OOMKilled", Cause: "oom", Uptime: sim.Time(29 * time.Minute), Memory: 12 * gi, Limit: 12 * gi, InFlight: 3},
		record.PodReady{At: tp.at(30 * time.Minute), Pod: oldLLM, Ready: false},
		record.Endpoints{At: tp.at(30 * time.Minute), Service: llmSvc, From: 1, To: 0},
		record.ContainerStarted{At: tp.at(31 * time.Minute), Pod: oldLLM, Container: "vllm", Restarts: 2},
		record.ContainerServing{At: tp.at(32 * time.Minute), Pod: oldLLM, Container: "vllm", Took: sim.Time(time.Minute)},
		record.PodReady{At: tp.at(32 * time.Minute), Pod: oldLLM, Ready: true},
		record.Endpoints{At: tp.at(32 * time.Minute), Service: llmSvc, From: 0, To: 1},
		record.Outage{At: tp.at(32 * time.Minute), Service: llmSvc, From: sim.Time(30 * time.Minute),
			Failed: map[record.Cause]int64{record.Killed: 3, record.NoEndpoint: 60}},
	)
	tp.llmWindow(10*time.Minute, 40*time.Minute, 900, map[record.Cause]int64{record.Killed: 3, record.NoEndpoint: 60})
	tp.add(
		record.ContainerMemory{At: tp.at(40 * time.Minute), Pod: oldLLM, Container: "vllm", Owner: llm, Limit: 12 * gi,
			Max:         12 * gi,
			BucketBytes: gi / 4, Seconds: []record.Bucket{{Index: 28, Weight: 2000}, {Index: 47, Weight: 100}}, Running: 2100},
		record.ContainerModel{At: tp.at(40 * time.Minute), Pod: oldLLM, Container: "vllm", Owner: llm, Running: 2100,
			Busy:         1050,
			PromptTokens: 30_000, CachedTokens: 10_000, OutputTokens: 210_000, Preemptions: 4, CachePeak: 0.75},
		record.ContainerCPU{At: tp.at(40 * time.Minute), Pod: oldLLM, Container: "vllm", Owner: llm, Request: 2, Limit: 4,
			Running: 2100, Seconds: 4200, Periods: 20_000, ThrottledPeriods: 1000, Throttled: 50},
		record.PoolUsage{At: tp.at(40 * time.Minute), Pool: "gpu", Requested: record.Resources{CPU: 2, Memory: 12 * gi,
			GPU: 1, Pods: 1},
			RequestedPeak: record.Resources{CPU: 2, Memory: 12 * gi, GPU: 1, Pods: 1},
			Used:          record.Resources{CPU: 1, Memory: 7 * gi, GPU: 1, Pods: 1},
			UsedPeak:      record.Resources{CPU: 2, Memory: 12 * gi, GPU: 1, Pods: 1}},
		record.Headroom{At: tp.at(40 * time.Minute), Workload: llm, Message: noGPU},
	)
}

func (tp *tape) llmWindow(from, to time.Duration, ok int64, failed map[record.Cause]int64) {
	r := record.Requests{At: tp.at(to), Service: llmSvc, From: sim.Time(from), Arrived: ok, OK: ok, Failed: failed,
		Retries:  ok / 100,
		Sessions: &record.Sessions{Started: 10, Ended: 9, Lost: map[record.SessionCause]int64{record.SessionPodGone: 2}}}
	for _, n := range failed {
		r.Arrived += n
	}
	r.FirstToken, r.PerToken = &record.Histogram{}, &record.Histogram{}
	for i := range ok {
		r.FirstToken.Add(int64(500 * time.Millisecond))
		r.PerToken.Add(int64(20 * time.Millisecond))
		r.Latency.Add(int64(time.Second) + i*int64(time.Millisecond))
	}
	tp.add(r)
}

// quietTape has one Pod, no Service and no expectations.
func quietTape() *tape {
	tp := &tape{}
	tp.add(record.Run{Schema: record.Schema, Scenario: "quiet", Replications: 1, Duration: sim.Time(time.Minute),
		Workloads: []record.Workload{{Key: "default/Pod/one", Replicas: 1}},
		Nodes:     []record.Node{{Name: "n1", Pool: "default", Allocatable: record.Resources{CPU: 1, Memory: gi, Pods: 10}}}})
	tp.podUp("default/one", "default/Pod/one", "", "n1", 0, time.Second, true)
	tp.end(time.Minute)
	return tp
}

func tapes() map[string]*tape {
	return map[string]*tape{"rollout": rolloutTape(), "trouble": troubleTape(), "quiet": quietTape()}
}
