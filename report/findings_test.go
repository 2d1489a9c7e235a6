package report

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/finding"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

const webPod = "ai-agents/ai-agent-x"

// ruleCase is a rule's answer to what a tape holds.
type ruleCase struct {
	rule   string
	tell   func(*tape)
	change func(*record.Run) // of agentRun(2), before the records
	object string
	what   string
	do     string
}

// withPod puts a serving pod before what is told.
func withPod(tell func(*tape)) func(*tape) {
	return func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
		tell(tp)
	}
}

// placed is a pod on a node whose containers don't run.
func placed(tp *tape) []record.Record {
	return []record.Record{
		record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent, Revision: "a"},
		record.PodScheduled{At: tp.at(0), Pod: webPod, Node: "cpu-1"},
	}
}

func exit(tp *tape, cause record.ExitCause, code int32, uptime time.Duration, inFlight int) record.ContainerExited {
	return record.ContainerExited{At: tp.at(40 * time.Second), Pod: webPod, Container: "agent", Cause: cause,
		ExitCode: code,
		Reason:   "Error", Uptime: sim.Time(uptime), InFlight: inFlight, Limit: 2 * gi, Memory: gi}
}

func hook(tp *tape, took time.Duration, cut bool) record.ContainerHook {
	return record.ContainerHook{At: tp.at(40 * time.Second), Pod: webPod, Container: "agent", Hook: "preStop",
		Took: sim.Time(took), Cut: cut}
}

func memoryOf(tp *tape, index int, peak int64) record.ContainerMemory {
	return record.ContainerMemory{At: tp.at(time.Minute), Pod: webPod, Container: "agent", Owner: agent, Limit: 2 * gi,
		Max: peak, BucketBytes: 16 * mi, Seconds: []record.Bucket{{Index: index, Weight: 40}}, Running: 40}
}

func started(tp *tape, t time.Duration, revision string) record.Rollout {
	return record.Rollout{At: tp.at(t), Workload: agent, Phase: "started", Revision: revision,
		Images: []string{"agent:" + revision}}
}

func withReadiness(run *record.Run) { run.Workloads[0].Readiness = true }

var ruleCases = []ruleCase{
	{rule: "creation-refused",
		what: "the API server refuses its pods in 2 of 2 replications, to the end (requests.cpu 250m asked for, 750m of 900m used).",
		do:   "Raise requests.cpu of ResourceQuota ai-agents/compute to 1250m, or ask for less.",
		tell: withPod(func(tp *tape) {
			tp.add(refusal(tp, 30*time.Second, 1, 0), refusal(tp, time.Minute, 12, 30*time.Second))
		})},
	{rule: "creation-delayed", what: "its pods were refused for up to 65s in 2 of 2 replications",
		do: "kubectl rollout restart", tell: func(tp *tape) {
			tp.add(refusal(tp, 0, 1, 0))
			tp.podUp(webPod, agent, "a", "cpu-1", 65*time.Second, time.Second, true)
		}},
	{rule: "kv-cache-full", what: "requests were thrown out and began again 7 times", do: "--max-num-seqs",
		tell: withPod(func(tp *tape) {
			if tp.rep == 0 {
				tp.add(record.ContainerModel{At: tp.at(time.Minute), Pod: webPod, Container: "agent", Owner: agent, Running: 60,
					Preemptions: 7})
			}
		})},
	{rule: "node-out-of-memory", what: "2 pods evicted and 2 containers killed by the kernel", do: "requests.memory",
		tell: withPod(func(tp *tape) {
			tp.add(record.PodEvicted{At: tp.at(30 * time.Second), Pod: webPod, Node: "cpu-1",
				Message: "The node was low on resource: memory."},
				exit(tp, "system-oom", 137, time.Minute, 0))
		})},
	{rule: "skew-left-by-rollout",
		what: "a rollout left its pods with a skew of 2 over zone in 2 of 2 replications (a 2, b 0), where maxSkew is 1 and it held before",
		do:   "Add pod-template-hash to matchLabelKeys", change: func(run *record.Run) {
			run.Workloads[0].Spread = []record.Spread{{Key: "zone", MaxSkew: 1, Hard: true,
				Domains: map[string]string{"cpu-1": "a", "cpu-2": "b"}}}
		}, tell: func(tp *tape) {
			tp.add(started(tp, 0, "a"))
			tp.podUp("ai-agents/a", agent, "a", "cpu-1", 0, time.Second, true)
			tp.podUp("ai-agents/b", agent, "a", "cpu-2", 0, time.Second, true)
			tp.add(record.Rollout{At: tp.at(10 * time.Second), Workload: agent, Phase: "complete", Revision: "a"},
				started(tp, 20*time.Second, "b"))
			tp.podUp("ai-agents/c", agent, "b", "cpu-1", 21*time.Second, time.Second, true)
			tp.add(record.PodDeleting{At: tp.at(30 * time.Second), Pod: "ai-agents/b", Reason: record.ScaledDown},
				record.Rollout{At: tp.at(40 * time.Second), Workload: agent, Phase: "complete", Revision: "b"})
		}},
	{rule: "storage-limit", what: "2 pods evicted in 2 of 2 replications: the sizeLimit of volume work of 1Gi was exceeded, up to 1.1Gi",
		do: "Raise the sizeLimit", tell: withPod(func(tp *tape) {
			tp.add(record.PodEvicted{At: tp.at(30 * time.Second), Pod: webPod, Node: "cpu-1", Resource: "ephemeral-storage",
				Exceeded: &record.StorageLimit{Kind: record.SizeLimit, Of: "work", Bytes: 1 << 30}, Used: 11 << 30 / 10},
				exit(tp, "evicted", 137, time.Minute, 0))
		})},
	{rule: "node-out-of-disk", what: "2 pods evicted in 2 of 2 replications, since the pods of a node together wrote more than its disk has: on cpu-1. One of those that went had written 7Gi.",
		do: "requests.ephemeral-storage", tell: withPod(func(tp *tape) {
			tp.add(record.PodEvicted{At: tp.at(30 * time.Second), Pod: webPod, Node: "cpu-1", Resource: "ephemeral-storage",
				Among: 3, Used: 7 << 30}, exit(tp, "evicted", 137, time.Minute, 0))
		})},
	{rule: "retry-storm", object: "Service " + agentSvc, what: "took 2.5 attempts on average, and 80 of 200 failed",
		do: "growing waits and jitter", tell: withPod(func(tp *tape) {
			tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, To: 1})
			tp.add(record.Requests{At: tp.at(time.Minute), Service: agentSvc, Arrived: 100, OK: 60, Retries: 150,
				Failed: map[record.Cause]int64{record.DependencyFailed: 40}})
		})},
	{rule: "preempted",
		what: "2 pods had to make room for a higher priority in 2 of 2 replications, the first for Pod a/b, whose priority is 100 against 0, after 3m20s on nodes", do: "priorityClassName", tell: withPod(func(tp *tape) {
			tp.add(record.PodDeleting{At: tp.at(100 * time.Second), Pod: webPod, Reason: record.Preempted,
				By: "Pod a/b, whose priority is 100 against 0"})
		})},
	{rule: "messages-cut",
		what: "14 messages of queue jobs were in work in pods that a scale-down took in 2 of 2 replications",
		do:   "terminationGracePeriodSeconds", change: func(run *record.Run) {
			run.Services = append(run.Services, record.Service{Key: "queue/jobs", Workloads: []string{agent}})
		}, tell: withPod(func(tp *tape) {
			tp.add(record.PodDeleting{At: tp.at(39 * time.Second), Pod: webPod, Reason: record.ScaledDown},
				exit(tp, record.KilledAfterGrace, 137, time.Minute, 7))
		})},
	{rule: "cpu-throttled", what: "throttled in 40 %", do: "resources.limits.cpu of container agent",
		tell: withPod(func(tp *tape) {
			tp.add(record.ContainerCPU{At: tp.at(time.Minute), Pod: webPod, Container: "agent", Owner: agent,
				Request: 0.25, Limit: 0.5, Running: 3600, Seconds: 1200, Periods: 10_000, ThrottledPeriods: 4000, Throttled: 900})
		})},
	{rule: "config-error", tell: func(tp *tape) {
		tp.add(placed(tp)...)
		for range 3 {
			tp.add(record.ContainerWaiting{At: tp.at(time.Second), Pod: webPod, Container: "agent",
				Reason: "CreateContainerConfigError", Message: `configmap "prompts" not found`})
		}
	},
		what: `container agent can't be created in 2 of 2 replications: configmap "prompts" not found (CreateContainerConfigError).`,
		do:   "Create the ConfigMap prompts in namespace ai-agents, or set optional: true where it is referred to."},
	{rule: "config-error", tell: func(tp *tape) {
		tp.add(placed(tp)...)
		tp.add(record.ContainerWaiting{At: tp.at(time.Second), Pod: webPod, Container: "agent",
			Reason: "CreateContainerConfigError", Message: "couldn't find key a in Secret ai-agents/b"})
	}, what: "couldn't find key a in Secret", do: "Create what it refers to, or set optional: true there."},

	{rule: "rollback-blocked", tell: withPod(func(tp *tape) {
		tp.add(started(tp, 0, "a"), record.Rollout{At: tp.at(25 * time.Second), Workload: agent, Phase: "complete",
			Revision: "a"},
			started(tp, 30*time.Second, "b"),
			started(tp, 60*time.Second, "a"))
	}), change: func(run *record.Run) { run.Workloads[0].Strategy = strategy("RollingUpdate OrderedReady") },
		what: "at 1m00s makes no pod in 2 of 2 replications: with OrderedReady it waits for a pod of the one before, which is not Ready.",
		do:   "After a rollback delete the pods that are not Ready, or set podManagementPolicy: Parallel."},
	{rule: "rollout-paused", what: "the rollout to b was paused at 40.0s and not resumed: it does not complete.",
		do: "Resume it", tell: withPod(func(tp *tape) {
			tp.add(started(tp, 0, "a"), record.Rollout{At: tp.at(25 * time.Second), Workload: agent, Phase: "complete",
				Revision: "a"},
				started(tp, 30*time.Second, "b"), record.Rollout{At: tp.at(32 * time.Second), Workload: agent, Phase: "paused"},
				record.Rollout{At: tp.at(35 * time.Second), Workload: agent, Phase: "resumed"},
				record.Rollout{At: tp.at(40 * time.Second), Workload: agent, Phase: "paused"})
		})},
	{rule: "stranded-on-failed-node", tell: func(tp *tape) {
		const db = "ai-agents/StatefulSet/db"
		tp.podUp("ai-agents/db-0", db, "a", "cpu-1", 0, 20*time.Second, true)
		tp.add(record.PodReady{At: tp.at(30 * time.Second), Pod: "ai-agents/db-0"},
			record.PodDeleting{At: tp.at(50 * time.Second), Pod: "ai-agents/db-0", Reason: "tainted"},
			record.PodGone{At: tp.at(200 * time.Second), Pod: "ai-agents/db-0"})
	}, object: "StatefulSet ai-agents/db",
		what: "pod ai-agents/db-0 terminates for 2m30s on failed node cpu-1 in 2 of 2 replications; a StatefulSet does not replace a pod before it is gone.",
		do:   "When a machine is known to be down, put the taint node.kubernetes.io/out-of-service=nodeshutdown:NoExecute on its node, or delete the node: only then a new pod can take over."},
	{rule: "slow-failover", tell: withPod(func(tp *tape) {
		tp.add(record.PodReady{At: tp.at(30 * time.Second), Pod: webPod},
			record.PodDeleting{At: tp.at(330 * time.Second), Pod: webPod, Reason: "tainted"})
	}),
		what: "2 pods kept a place on failed nodes in 2 of 2 replications, for up to 5m after the node was NotReady, before anything replaced them.",
		do:   "Tolerate node.kubernetes.io/unreachable and node.kubernetes.io/not-ready (NoExecute) for less than the default of 300 s, e.g. tolerationSeconds: 30, or run a replica more, spread over nodes."},

	{rule: "unschedulable", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent, Requests: record.Resources{CPU: 1, GPU: 8}},
			record.PodUnschedulable{At: tp.at(0), Pod: webPod, Reason: "Unschedulable",
				Message: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."})
	},
		what: "1 pod found no node in 2 of 2 replications (0/3 nodes are available: 3 Insufficient nvidia.com/gpu); no node can ever hold it: it requests 8 of nvidia.com/gpu, the largest node has 0.",
		do:   "Drop the requests of nvidia.com/gpu or add an instance type that has it."},
	{rule: "unschedulable", tell: withPod(func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: "ai-agents/second", Owner: agent, Requests: record.Resources{CPU: 1}},
			record.PodUnschedulable{At: tp.at(0), Pod: "ai-agents/second", Reason: "Unschedulable",
				Message: "0/3 nodes are available: 3 Insufficient cpu."})
	}), what: "1 pod found no node in 2 of 2 replications (0/3 nodes are available: 3 Insufficient cpu).",
		do: "Add a node to pool cpu or lower the requests of cpu."},
	{rule: "unschedulable", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent},
			record.PodUnschedulable{At: tp.at(0), Pod: webPod, Reason: "Unschedulable",
				Message: "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector."})
	}, what: "1 pod found no node", do: "Tolerate the taint; or label nodes to match its nodeSelector or affinity."},
	{rule: "unschedulable", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent, Requests: record.Resources{CPU: 1, GPU: 8}},
			record.PodUnschedulable{At: tp.at(0), Pod: webPod, Reason: "SchedulingGated",
				Message: "Scheduling is blocked due to non-empty scheduling gates"})
	},
		what: "1 pod found no node in 2 of 2 replications (Scheduling is blocked due to non-empty scheduling gates); nothing in the run takes its schedulingGates away, and no node can help.",
		do:   "Take the schedulingGates out of the pod"},

	{rule: "daemon-pod-without-room", object: "DaemonSet monitoring/metrics", tell: withPod(func(tp *tape) {
		const metrics, short = "monitoring/DaemonSet/metrics",
			"0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."
		tp.add(record.Rollout{At: tp.at(0), Workload: metrics, Phase: "started", Revision: "a", Images: []string{"m:1"}})
		tp.podUp("monitoring/metrics-a1", metrics, "a", "cpu-1", 0, time.Second, true)
		tp.podUp("monitoring/metrics-a2", metrics, "a", "cpu-2", 0, time.Second, true)
		tp.add(record.Rollout{At: tp.at(20 * time.Second), Workload: metrics, Phase: "complete", Revision: "a"},
			record.Rollout{At: tp.at(30 * time.Second), Workload: metrics, Phase: "started", Revision: "b",
				Images: []string{"m:2"}})
		tp.podDown("monitoring/metrics-a1", 31*time.Second, 0)
		tp.add(record.PodCreated{At: tp.at(34 * time.Second), Pod: "monitoring/metrics-b1", Owner: metrics, Revision: "b",
			For:      "cpu-1",
			Requests: record.Resources{CPU: 0.1, Memory: 27 * gi / 4}},
			record.PodUnschedulable{At: tp.at(34 * time.Second), Pod: "monitoring/metrics-b1", Reason: "Unschedulable",
				Message: short})
	}),
		what: "pod monitoring/metrics-b1 waits 26s in 2 of 2 replications for node cpu-1, which has 6.5Gi of memory left and is asked for 6.75Gi (ai-agents/Deployment/ai-agent requests 512Mi there); 1 of its 2 nodes have room for such a pod, and the rollout to 2 goes no further.",
		do:   "Request at most 6.5Gi of memory, let ai-agents/Deployment/ai-agent request 256Mi less, or give the DaemonSet a PriorityClass above that of the others, whose pods it then pushes out."},
	{rule: "daemon-pod-without-room", object: "DaemonSet monitoring/metrics", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: "monitoring/metrics-1", Owner: "monitoring/DaemonSet/metrics",
			Revision: "a", For: "cpu-3", Requests: record.Resources{CPU: 4}},
			record.PodUnschedulable{At: tp.at(0), Pod: "monitoring/metrics-1", Reason: "Unschedulable",
				Message: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."})
	}, what: "for node cpu-3, which has 1.93 of cpu left and is asked for 4.", do: "Request at most 1.93 of cpu."},

	{rule: "rollout-without-room", tell: withPod(func(tp *tape) {
		tp.add(started(tp, 0, "a"), started(tp, 30*time.Second, "b"),
			record.PodCreated{At: tp.at(30 * time.Second), Pod: "ai-agents/new", Owner: agent, Revision: "b"},
			record.PodUnschedulable{At: tp.at(30 * time.Second), Pod: "ai-agents/new", Reason: "Unschedulable", Message: noGPU})
	}),
		what: "the rollout to b does not complete in 2 of 2 replications: pod ai-agents/new waits 30s for a node (nvidia.com/gpu, taints); maxUnavailable 0 keeps the old pods until it is ready.",
		do:   "Set maxUnavailable: 1 and maxSurge: 0, so that an old pod makes room, or add a node to pool cpu."},
	{rule: "rollout-without-room", change: func(run *record.Run) {
		run.Workloads[0].Strategy = strategy("RollingUpdate maxSurge=1 maxUnavailable=1")
	},
		tell: func(tp *tape) {
			tp.add(started(tp, 0, "a"), started(tp, 30*time.Second, "b"),
				record.PodCreated{At: tp.at(30 * time.Second), Pod: "ai-agents/new", Owner: agent, Revision: "b"},
				record.PodUnschedulable{At: tp.at(30 * time.Second), Pod: "ai-agents/new", Reason: "Unschedulable",
					Message: "0/3 nodes are available: 3 node(s) were unschedulable."})
		}, what: "waits 30s for a node (cordoned nodes).", do: "Uncordon a node."},

	{rule: "rollout-not-ready", tell: func(tp *tape) {
		tp.add(started(tp, 0, "a"))
		tp.add(placed(tp)...)
		tp.add(record.Rollout{At: tp.at(50 * time.Second), Workload: agent, Phase: "stalled",
			Message: `ReplicaSet "x" has timed out progressing.`})
	},
		what: `the first rollout does not complete in 2 of 2 replications: none of its pods gets Ready (ReplicaSet "x" has timed out progressing).`,
		do:   "Check what the new image needs to start and its readinessProbe before it is rolled out."},

	{rule: "probe-kills-start", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent}, record.ContainerStarted{At: tp.at(0), Pod: webPod,
			Container: "agent"}, exit(tp, "liveness", 137, 40*time.Second, 0))
	},
		what: "container agent was killed twice by its liveness probe before it listened, up to 40s after its start in 2 of 2 replications; it never came to listen.",
		do:   "Add a startupProbe whose failureThreshold × periodSeconds is well above 40s, or raise the livenessProbe's initialDelaySeconds."},
	{rule: "probe-kills-start", tell: func(tp *tape) {
		tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent}, record.ContainerStarted{At: tp.at(0), Pod: webPod,
			Container: "agent"}, exit(tp, "startup", 137, 40*time.Second, 0),
			record.ContainerStarted{At: tp.at(41 * time.Second), Pod: webPod, Container: "agent", Restarts: 1},
			record.ContainerServing{At: tp.at(55 * time.Second), Pod: webPod, Container: "agent",
				Took: sim.Time(55 * time.Second)})
	},
		what: "by its startup probe before it listened, up to 40s after its start in 2 of 2 replications; it takes up to 55s to listen.",
		do:   "Raise the startupProbe's failureThreshold × periodSeconds to at least 55s."},

	{rule: "probe-kills-serving", tell: withPod(func(tp *tape) { tp.add(exit(tp, "liveness", 137, time.Hour, 4)) }),
		what: "8 requests in flight were lost with containers that the liveness probe killed in 2 of 2 replications.",
		do:   "Raise the livenessProbe's timeoutSeconds and failureThreshold, or mend what makes it fail."},

	{rule: "hook-kills-start", tell: withPod(func(tp *tape) { tp.add(exit(tp, record.HookFailed, 143, time.Second, 0)) }),
		what: "container agent was killed twice because its postStart hook had failed in 2 of 2 replications.",
		do:   "Mend the hook."},
	{rule: "prestop-hook-cut", tell: withPod(func(tp *tape) { tp.add(hook(tp, 30*time.Second, true)) }),
		what: "the preStop hook of container agent had not ended twice when the grace period was over, after up to 30s in 2 of 2 replications: the process then gets SIGTERM, and SIGKILL 2s later.",
		do:   "Raise terminationGracePeriodSeconds above what the hook takes"},

	{rule: "volume-held-elsewhere", tell: withPod(func(tp *tape) { tp.add(heldVolume(tp, 10*time.Second)) }),
		what: `2 pods waited up to 50s, 2 of them to the end for a volume that node cpu-2 has (Waiting for detach for volume "v" Volume is already used by pod(s) old).`,
		do:   "Delete the Node, or taint it node.kubernetes.io/out-of-service"},
	{rule: "crash", tell: withPod(func(tp *tape) { tp.add(exit(tp, "exited", 3, time.Second, 0)) }),
		what: "container agent exited twice with code 3 in 2 of 2 replications.",
		do:   "Look at its log (kubectl logs --previous) and mend what ends it."},

	{rule: "oom-kill", tell: withPod(func(tp *tape) {
		tp.add(memoryOf(tp, 60, gi))
		tp.add(exit(tp, record.PodOutOfMemory, 137, time.Minute, 0))
	}),
		what: "container agent was OOMKilled twice in 2 of 2 replications when the containers of its pod together reached the pod's limit of 2Gi.",
		do:   "Raise limits.memory of the pod's own resources above what its containers hold, which was up to 1Gi together."},
	{rule: "gpu-out-of-memory", tell: withPod(func(tp *tape) { tp.add(exit(tp, "gpu-oom", 1, time.Second, 0)) }),
		what: "container agent exited twice with CUDA out of memory in 2 of 2 replications: time-slicing keeps no container from the memory of the others on its GPU.",
		do:   "Lower --gpu-memory-utilization until all that share a GPU take less than all of its memory together, share each GPU among fewer, or cut it into MIG slices."},
	{rule: "external-refuses", change: withExternal, tell: func(tp *tape) {
		tp.add(record.Requests{At: tp.at(time.Minute), Service: "external/api", Arrived: 100, OK: 60,
			Failed: map[record.Cause]int64{record.RateLimited: 40}})
	}, object: "External api",
		what: "80 of 200 calls failed at its rate limit, for all their retries: more replicas of the callers would not help.",
		do:   "Ask for a higher limit"},
	{rule: "external-refuses", change: withExternal, tell: func(tp *tape) {
		tp.add(record.Requests{At: tp.at(time.Minute), Service: "external/api", Arrived: 100, OK: 60,
			Failed: map[record.Cause]int64{record.Unavailable: 40}})
	}, object: "External api", what: "80 of 200 calls failed in its outages", do: "Give the callers a fallback"},
	{rule: "sessions-wander", tell: withPod(func(tp *tape) {
		tp.add(record.Requests{At: tp.at(time.Minute), Service: agentSvc, Arrived: 100, OK: 100,
			Sessions: &record.Sessions{Started: 30, Lost: map[record.SessionCause]int64{record.SessionMoved: 20}}})
	}), object: "Service " + agentSvc,
		what: "requests of 60 sessions came 40 times to a pod without the state of their session",
		do:   "Set sessionAffinity: ClientIP"},
	{rule: "oom-kill", tell: withPod(func(tp *tape) {
		tp.add(exit(tp, "oom", 137, time.Second, 5), memoryOf(tp, 78, 2*gi))
	}),
		what: "container agent was OOMKilled twice in 2 of 2 replications at its limit of 2Gi, although the mean is 61 % of it: the hottest pod reached 100 %; the kills took 10 requests with them.",
		do:   "Raise limits.memory above 2Gi, or bound what one pod can hold: its requests in flight, its sessions, its time of life."},
	{rule: "oom-kill", tell: withPod(func(tp *tape) {
		tp.add(exit(tp, "oom", 137, time.Second, 0), memoryOf(tp, 120, 2*gi))
	}),
		what: "at its limit of 2Gi; even the mean is 94 % of it.", do: "Raise limits.memory above 2Gi."},

	{rule: "no-readiness-probe", tell: func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, false)
		tp.window(0, 10*time.Second, 5, map[record.Cause]int64{record.Refused: 7}, time.Second)
	},
		what: "14 requests hit pods that did not listen yet in 2 of 2 replications: without a readiness probe a pod is Ready as soon as its containers run, and to listen takes up to 20s.",
		do:   "Add a readinessProbe."},
	{rule: "no-readiness-probe", change: withReadiness, tell: func(tp *tape) {
		tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, true)
		tp.add(exit(tp, "exited", 0, 20*time.Second, 0), record.ContainerStarted{At: tp.at(41 * time.Second), Pod: webPod,
			Container: "agent", Restarts: 1})
		tp.window(40*time.Second, 50*time.Second, 5, map[record.Cause]int64{record.Refused: 1}, time.Second)
	}, what: "2 requests hit containers that were starting again in 2 of 2 replications",
		do: "Lower the readinessProbe's periodSeconds and failureThreshold."},

	{rule: "traffic-after-sigterm", change: withReadiness, tell: withPod(func(tp *tape) {
		tp.podDown(webPod, 50*time.Second, 0)
		tp.window(49*time.Second, 55*time.Second, 5, map[record.Cause]int64{record.Refused: 4}, time.Second)
	}), what: "8 requests reached pods that were being deleted and did not listen any more in 2 of 2 replications",
		do: "Add a lifecycle.preStop sleep of about 5 seconds"},
	{rule: "traffic-after-sigterm", change: withReadiness, tell: withPod(func(tp *tape) {
		tp.add(hook(tp, 2*time.Second, false))
		tp.podDown(webPod, 50*time.Second, 0)
		tp.window(49*time.Second, 55*time.Second, 5, map[record.Cause]int64{record.Refused: 4}, time.Second)
	}), what: "8 requests reached pods that were being deleted and did not listen any more in 2 of 2 replications",
		do: "Let the preStop hook, which took up to 2s, last about 5 seconds at least"},

	{rule: "requests-lost-at-termination", tell: withPod(func(tp *tape) { tp.podDown(webPod, 50*time.Second, 3) }),
		what: "6 requests in flight were lost with containers that left at SIGTERM in 2 of 2 replications.",
		do:   "Make the process finish what is in flight at SIGTERM"},
	{rule: "requests-lost-at-termination", tell: withPod(func(tp *tape) {
		tp.add(hook(tp, 2*time.Second, false))
		tp.podDown(webPod, 50*time.Second, 3)
	}), what: "6 requests in flight were lost with containers that left at SIGTERM in 2 of 2 replications.",
		do: "or let the preStop hook, which took up to 2s, wait for that."},
	{rule: "requests-lost-at-termination", tell: withPod(func(tp *tape) {
		tp.window(0, 30*time.Second, 1, nil, 90*time.Second)
		tp.add(record.PodDeleting{At: tp.at(10 * time.Second), Pod: webPod, Grace: sim.Time(30 * time.Second)},
			exit(tp, "killed", 137, time.Minute, 2))
	}), what: "4 requests in flight were lost at SIGKILL in 2 of 2 replications, when the grace period of 30s was over.",
		do: "Raise terminationGracePeriodSeconds above the longest request, which took 90s."},

	{rule: "no-endpoint", change: func(run *record.Run) { run.Workloads[0].Strategy = strategy("Recreate") },
		tell: func(tp *tape) {
			tp.rollouts(2)
			tp.add(record.Endpoints{At: tp.at(time.Second), Service: agentSvc, To: 1})
			tp.window(2*time.Second, 3*time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 9}, 0)
			tp.add(record.Rollout{At: tp.at(4 * time.Second), Workload: agent, Phase: record.RolloutComplete})
		}, object: "Service " + agentSvc,
		what: "18 requests found no ready endpoint after there had been one: strategy Recreate of Deployment ai-agents/ai-agent ends all old pods before it starts new ones.",
		do:   "Give Deployment ai-agents/ai-agent the strategy RollingUpdate with maxUnavailable: 0."},
	{rule: "no-endpoint", tell: func(tp *tape) {
		tp.add(record.Endpoints{At: tp.at(time.Second), Service: agentSvc, To: 1})
		tp.window(2*time.Second, 3*time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 9}, 0)
	}, object: "Service " + agentSvc, what: "18 requests found no ready endpoint after there had been one.",
		do: "Raise replicas, and keep enough of them ready"},

	{rule: "no-such-host", tell: func(tp *tape) {
		tp.window(0, time.Second, 0, map[record.Cause]int64{record.NoHost: 9}, 0)
	}, object: "Service " + agentSvc,
		what: "18 requests failed, for there was no such Service: DNS answers that it knows no such host.",
		do:   "Apply the Service before requests are sent to it"},

	{rule: "overload", tell: func(tp *tape) {
		tp.window(0, time.Second, 500, map[record.Cause]int64{record.QueueFull: 1, record.Timeout: 2}, time.Second)
		tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, To: 1})
	}, object: "Service " + agentSvc,
		what: "2 requests met a full queue and 4 timed out: its pods get more than they serve at times.",
		do:   "Add replicas, CPU or concurrency for the peak."},

	{rule: "surge-without-room", tell: withPod(func(tp *tape) {
		tp.add(record.Headroom{At: tp.at(time.Minute), Workload: agent,
			Message: "0/3 nodes are available: 3 Insufficient memory."})
	}), what: "the cluster has no room for one more pod (memory), and with maxUnavailable 0 a rolling update needs it.",
		do: "Set maxUnavailable: 1 and maxSurge: 0, or add a node to pool cpu, before the next rollout."},

	{rule: "init-container-decides", change: func(run *record.Run) {
		run.Workloads[0].InitContainers = []record.Container{{Name: "download", Requests: record.Resources{Memory: 64 * gi}}}
	}, tell: withPod(func(*tape) {}),
		what: "init container download makes each pod request 64Gi of memory for its whole life: all that run after it request ",
		do:   "Lower its requests.memory to at most "},
	{rule: "memory-near-limit", tell: withPod(func(tp *tape) { tp.add(memoryOf(tp, 120, 1900*mi)) }),
		what: "container agent reached 93 % of its memory limit of 2Gi (pod " + webPod + ").",
		do:   "Raise limits.memory above 2Gi before load or a leak takes the rest."},

	{rule: "traffic-before-ready", tell: func(tp *tape) {
		tp.window(0, time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 2}, 0)
		tp.add(record.Endpoints{At: tp.at(5 * time.Second), Service: agentSvc, To: 1})
	}, object: "Service " + agentSvc,
		what: "4 requests failed before the first endpoint was ready, up to 5s after the start of the run.",
		do:   "Begin the traffic later, unless a cold start is what is rehearsed."},
	{rule: "traffic-before-ready", tell: func(tp *tape) {
		tp.window(0, time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 2}, 0)
	}, object: "Service " + agentSvc, what: "4 requests failed, for it never had a ready endpoint.",
		do: "Check that its selector matches pods and that these get Ready."},
}

func withExternal(run *record.Run) {
	run.Services = append(run.Services, record.Service{Key: "external/api", External: true})
}

func findingsOf(t *testing.T, c ruleCase) []result.Finding {
	t.Helper()
	run := agentRun(2)
	if c.change != nil {
		c.change(&run)
	}
	tp := &tape{}
	tp.add(run)
	for range 2 {
		c.tell(tp)
		tp.end(time.Minute)
	}
	return tp.build(t).Findings
}

// heldVolume is a pod that waits for a volume which another machine has.
func heldVolume(tp *tape, at time.Duration) record.VolumeWaiting {
	return record.VolumeWaiting{At: tp.at(at), Pod: webPod, Workload: agent, Node: "cpu-1", Volume: "v",
		Reason:  "FailedAttachVolume",
		Message: `Waiting for detach for volume "v" Volume is already used by pod(s) old`, Holder: "cpu-2",
		Holders: []string{"ai-agents/old"}}
}

// Each rule speaks where its weakness is the only one, and no other does.
func TestRules(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range ruleCases {
		t.Run(c.rule, func(t *testing.T) {
			tested[c.rule] = true
			found := findingsOf(t, c)
			require.Len(t, found, 1, "%v", found)
			object := c.object
			if object == "" {
				object = "Deployment ai-agents/ai-agent"
			}
			require.Equal(t, c.rule, found[0].Rule)
			require.Equal(t, object, found[0].Object)
			require.Contains(t, found[0].What, c.what)
			require.Contains(t, found[0].Change, c.do)
			require.Regexp(t, `^[a-z0-9].*\.$`, found[0].What)
			require.Regexp(t, `^[A-Z].*\.$`, found[0].Change)
		})
	}
	for _, name := range finding.Names() {
		require.True(t, tested[name] || slices.Contains(automationRules, name) || slices.Contains(controlRules, name) ||
			slices.Contains(jobRules, name) || slices.Contains(cronJobRules, name) || slices.Contains(stepRules, name), name)
	}
}

// rollouts begin one after the other.
func (tp *tape) rollouts(n int) {
	for i := range n {
		at := tp.at(time.Duration(i) * time.Second)
		tp.add(record.Rollout{At: at, Workload: agent, Phase: record.RolloutStarted, Revision: fmt.Sprint("r", i)})
		if i < n-1 {
			tp.add(record.Rollout{At: at, Workload: agent, Phase: record.RolloutComplete})
		}
	}
}

// A strategy is not blamed for endpoints that were lost while no rollout went on, or
// during the first, which brings the pods up.
func TestRecreateIsNotBlamedForOthers(t *testing.T) {
	for rollouts := range 2 {
		found := findingsOf(t, ruleCase{
			change: func(run *record.Run) { run.Workloads[0].Strategy = strategy("Recreate") },
			tell: func(tp *tape) {
				tp.rollouts(rollouts)
				tp.add(record.Endpoints{At: tp.at(time.Second), Service: agentSvc, To: 1})
				tp.window(2*time.Second, 3*time.Second, 0, map[record.Cause]int64{record.NoEndpoint: 9}, 0)
				tp.add(record.Rollout{At: tp.at(4 * time.Second), Workload: agent, Phase: record.RolloutComplete})
			},
		})
		require.Len(t, found, 1)
		require.NotContains(t, found[0].What+found[0].Change, "Recreate")
	}
}

// What went well, or can be no other way, is no finding.
func TestNoFindings(t *testing.T) {
	for name, tell := range map[string]func(*tape){
		"a good life": withPod(func(tp *tape) {
			tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, To: 1})
			tp.window(0, time.Minute, 1000, nil, time.Second)
			tp.add(memoryOf(tp, 60, gi), record.Headroom{At: tp.at(time.Minute), Workload: agent, Replicas: 2, Message: noGPU})
		}),
		"a pod that waited, then found a node": func(tp *tape) {
			tp.add(record.PodCreated{At: tp.at(0), Pod: webPod, Owner: agent},
				record.PodUnschedulable{At: tp.at(0), Pod: webPod, Reason: "Unschedulable", Message: noGPU},
				record.PodScheduled{At: tp.at(30 * time.Second), Pod: webPod, Node: "cpu-1"})
		},
		"a pod that the end came too soon for": func(tp *tape) {
			tp.add(record.PodCreated{At: tp.at(time.Minute - time.Millisecond), Pod: webPod, Owner: agent})
		},
		"a volume that comes from another machine": withPod(func(tp *tape) {
			tp.add(heldVolume(tp, 0), record.VolumesMounted{At: tp.at(59 * time.Second), Pod: webPod})
		}),
		"a preStop hook that ends with the grace period": withPod(func(tp *tape) { tp.add(hook(tp, 30*time.Second, false)) }),
		"a disk that is short, and takes no pod": withPod(func(tp *tape) {
			tp.add(record.NodeChanged{At: tp.at(30 * time.Second), Node: "cpu-1", Phase: record.NodeDiskPressed})
		}),
		"a Job that exits with 0": withPod(func(tp *tape) {
			tp.add(exit(tp, "exited", 0, time.Second, 0))
		}),
		"a liveness kill of a server that served": withPod(func(tp *tape) {
			tp.add(exit(tp, "liveness", 137, time.Hour, 0))
		}),
		"one timeout of many": func(tp *tape) {
			tp.window(0, time.Minute, 5000, map[record.Cause]int64{record.Timeout: 1}, time.Second)
			tp.add(record.Endpoints{At: tp.at(0), Service: agentSvc, To: 1})
		},
		"no refusals without a readiness probe": func(tp *tape) {
			tp.podUp(webPod, agent, "a", "cpu-1", 0, 20*time.Second, false)
			tp.window(0, time.Minute, 50, nil, time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, findingsOf(t, ruleCase{tell: tell}))
		})
	}
}
