package result

import (
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// OOM answers: does it die?
type OOM struct {
	// Target is the risk per pod-day that limits are proposed for.
	Target float64 `json:"target"`
	Kills  int64   `json:"kills"` // in all replications
	// SystemKills counts containers killed because their node had no memory
	// left, Evicted pods that the kubelet ended because it was short of it, StorageEvicted
	// those that it ended for what they, or others on the node, wrote to its disk.
	SystemKills    int64 `json:"systemKills"`
	Evicted        int64 `json:"evicted"`
	StorageEvicted int64 `json:"storageEvicted,omitempty"`
	// GPU counts containers that exited because their GPU had too little memory
	// left.
	GPU       int64                  `json:"gpu"`
	Workloads map[string]WorkloadOOM `json:"workloads"` // by namespace/Kind/name
}

// WorkloadOOM is the risk of being killed at the memory limit.
type WorkloadOOM struct {
	Kills       int64 `json:"kills"`
	SystemKills int64 `json:"systemKills"`
	Evicted     int64 `json:"evicted"`
	// StorageEvicted counts pods evicted for what is written to their node's disk.
	StorageEvicted int64   `json:"storageEvicted,omitempty"`
	GPU            int64   `json:"gpu"`
	Pods           int64   `json:"pods"`
	PodsKilled     int64   `json:"podsKilled"` // at least once
	PodDays        float64 `json:"podDays"`    // days that pods ran in all
	// PerPodDay is the probability that a pod is killed within a day, PerRun
	// that a run of this length sees a kill. Without kills there is no
	// estimate, only an upper bound.
	PerPodDay stat.Estimate `json:"perPodDay"`
	PerRun    stat.Estimate `json:"perRun"`
	// RunsHit counts the replications with a kill.
	RunsHit int64 `json:"runsHit"`
	// Extrapolated is true when no pod was watched for a whole day.
	Extrapolated bool              `json:"extrapolated"`
	Containers   []ContainerMemory `json:"containers"`
	// Peaks tells of each container what its peaks say beyond those seen.
	Peaks []PeakMemory `json:"peaks"`
	// Density is what the proposed limits, taken as requests, mean for each
	// pool that one of its pods fits on.
	Density map[string]Density `json:"density"`
}

// ContainerMemory is the working set over time of all containers of one name
// and limit. Absent requests and limits are 0.
type ContainerMemory struct {
	Name    string     `json:"name"`
	Request int64      `json:"request"`
	Limit   int64      `json:"limit"`
	Mean    stat.Value `json:"mean"`
	P50     stat.Value `json:"p50"`
	P99     stat.Value `json:"p99"`
	Max     int64      `json:"max"`
	// Hottest is the pod that reached Max.
	Hottest HottestPod `json:"hottest"`
}

// HottestPod is the pod with the largest working set.
type HottestPod struct {
	Pod         string     `json:"pod"`
	Replication int        `json:"replication"`
	Mean        stat.Value `json:"mean"`
	Max         int64      `json:"max"`
}

// Workload is a controller of pods, or a bare Pod.
type Workload struct {
	Replicas   int32              `json:"replicas"` // at the start
	Strategy   record.Strategy    `json:"strategy,omitzero"`
	Readiness  bool               `json:"readiness"` // has a readiness probe
	Containers []record.Container `json:"containers"`
	// ReadyMin is the fewest ready pods after all were ready once.
	ReadyMin stat.Summary `json:"readyMin"`
	Restarts int64        `json:"restarts"` // in all replications
	// ScheduledToReady is what pods took from their binding to Ready.
	ScheduledToReady Spread    `json:"scheduledToReady"`
	Rollouts         []Rollout `json:"rollouts"`
	// Job is what became of a Job, or of those of a CronJob, absent of other kinds.
	Job *Job `json:"job,omitempty"`
	// CronJob is what became of the times of a CronJob's schedule.
	CronJob *CronJob `json:"cronJob,omitempty"`
	// CPU is by container, request and limit.
	CPU []ContainerCPU `json:"cpu"`
	// Models is by container, empty without a model server.
	Models []ContainerModel `json:"models"`
	// Refused is what the API server did not take of it, by its answer; left out
	// when it took all.
	Refused []Refusal `json:"refused,omitempty"`
}

// Refusal is objects of a workload that the API server did not take, with one
// answer. Message, Short and First are of the first time, in the replication in
// which it took longest until one was taken.
type Refusal struct {
	Object string `json:"object"` // kind
	// Policy is what stands against it, e.g. "ResourceQuota team/compute"; empty
	// when it is the object itself.
	Policy  string            `json:"policy,omitempty"`
	Message string            `json:"message"`
	Short   []record.Shortage `json:"short,omitempty"` // what a quota lacks
	First   sim.Time          `json:"first"`
	Longest sim.Time          `json:"longest"`
	Count   int64             `json:"count"` // in all replications
	// Replications counts those with a refusal, AtEnd those in which none was
	// taken afterwards.
	Replications int `json:"replications"`
	AtEnd        int `json:"atEnd"`
}

// ContainerModel is what all model servers of one name did.
type ContainerModel struct {
	Name string `json:"name"`
	// Busy is the part of their time in which they worked on something.
	Busy            stat.Value `json:"busy"`
	PromptTokens    int64      `json:"promptTokens"` // computed
	OutputTokens    int64      `json:"outputTokens"`
	TokensPerSecond stat.Value `json:"tokensPerSecond"` // of answers, a container
	// CachedShare is the part of the prompts' tokens that was in the cache.
	CachedShare stat.Value `json:"cachedShare"`
	// Preemptions counts requests that had to begin again for lack of blocks.
	Preemptions int64 `json:"preemptions"`
	// CachePeak is the largest part of a KV cache in use.
	CachePeak float64 `json:"cachePeak"`
}

// ContainerCPU is how all containers of one name, request and limit used CPU.
// Request and Limit are in cores, 0 where there is none.
type ContainerCPU struct {
	Name    string  `json:"name"`
	Request float64 `json:"request"`
	Limit   float64 `json:"limit"`
	// Mean is in cores a container while it ran.
	Mean stat.Value `json:"mean"`
	// Throttled is the part of the quota periods with work to do in which a
	// container was throttled: container_cpu_cfs_throttled_periods_total over
	// container_cpu_cfs_periods_total. It is null without a limit.
	Throttled stat.Value `json:"throttled"`
	// Worst is that of the pod with the most, WorstPod.
	Worst    stat.Value `json:"worst"`
	WorstPod string     `json:"worstPod,omitempty"`
	// Stopped is for what part of the time that containers ran they had work
	// and might not run.
	Stopped stat.Value `json:"stopped"`
}

// Spread describes many durations in seconds.
type Spread struct {
	Count int64      `json:"count"`
	Mean  stat.Value `json:"mean"`
	P50   stat.Value `json:"p50"`
	P95   stat.Value `json:"p95"`
	P99   stat.Value `json:"p99"`
	Max   stat.Value `json:"max"`
}

// Rollout is one rollout of a workload; the first one is its creation. The
// times and the message are those of Replication, the slowest; the numbers
// are over all.
type Rollout struct {
	Initial      bool      `json:"initial"`
	Revision     string    `json:"revision"`
	Images       []string  `json:"images"`
	Replication  int       `json:"replication"`
	Started      sim.Time  `json:"started"`
	FirstCreated *sim.Time `json:"firstCreated"`
	FirstReady   *sim.Time `json:"firstReady"`
	Stalled      *sim.Time `json:"stalled"`
	// Paused is when it was paused; left out when it was not, or was resumed.
	Paused   *sim.Time `json:"paused,omitempty"`
	Complete *sim.Time `json:"complete"`
	Message  string    `json:"message,omitempty"`
	// ReadyMin and PodsMax are the fewest ready and the most pods while it
	// ran, without those that terminate; PodsMaxAll counts these too.
	ReadyMin     int `json:"readyMin"`
	PodsMax      int `json:"podsMax"`
	PodsMaxAll   int `json:"podsMaxAll"`
	Replications int `json:"replications"`
	Completed    int `json:"completed"`
	// Duration is of the complete ones.
	Duration stat.Summary `json:"duration"`
}
