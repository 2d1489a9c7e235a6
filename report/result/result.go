package result

import (
	"math"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Unmeasured is what is measured where there is no value.
var Unmeasured = Measured{Worst: stat.Missing, Mean: stat.Missing, Interval: stat.Unbounded}

// Misses is how far a value lies on the wrong side; 0 or less is well.
func (b Bound) Misses(v float64) float64 {
	bound := float64(b.Value)
	switch {
	case v == bound: // also both infinite
		return 0
	case b.Op == "atLeast":
		return bound - v
	case b.Op == "atMost":
		return v - bound
	default:
		return math.Abs(v - bound)
	}
}

// MetricKey is the key of Result.Values.
func MetricKey(metric, of string) string {
	if of == "" {
		return metric
	}
	return metric + " " + of
}

// SchemaName names the version of Result's JSON form.
const SchemaName = "rehearse.dev/result/v1alpha1"

// Result is what a run says, over all its replications unless a member says
// otherwise. Times and durations are in seconds, times since the start;
// memory is in bytes, CPU in cores. Lists and maps are never null.
type Result struct {
	Schema      string `json:"schema"`
	Scenario    string `json:"scenario"`
	Description string `json:"description,omitempty"`
	Seed        uint64 `json:"seed"`
	// Replications is how many were asked for, Completed how many reached
	// the end; the others are left out of every mean and interval as long as
	// one is complete.
	Replications int      `json:"replications"`
	Completed    int      `json:"completed"`
	Duration     sim.Time `json:"duration"`
	// SimulatedEvents counts what the engine carried out.
	SimulatedEvents uint64   `json:"simulatedEvents"`
	Verdict         Verdict  `json:"verdict"`
	Capacity        Capacity `json:"capacity"`
	OOM             OOM      `json:"oom"`
	Downtime        Downtime `json:"downtime"`

	Services  map[string]Service   `json:"services"`  // by namespace/name
	Workloads map[string]Workload  `json:"workloads"` // by namespace/Kind/name
	Pools     map[string]Pool      `json:"pools"`     // by name
	Nodes     map[string]Node      `json:"nodes"`     // by name
	HPA       map[string][]HPAStep `json:"hpa"`       // by namespace/name

	DisruptionBudgets map[string]PodDisruptionBudget `json:"disruptionBudgets"` // by namespace/name

	// Pods, Pending, Steps, Events and Notes tell of replication 0.
	Pods    []Pod     `json:"pods"`
	Pending []Pending `json:"pending"`
	Steps   []Step    `json:"steps"`
	Events  []Event   `json:"events"`
	// Notes are what no Event tells: until when and why a container backs off, which
	// probe made it ready, why a pod was chosen to be evicted, taints and leases of nodes.
	Notes []Note `json:"notes"`

	Findings []Finding `json:"findings"`
	// Silenced are wishes not to hear of findings, with those that there are.
	Silenced    []Silenced `json:"silenced,omitempty"`
	Assumptions []string   `json:"assumptions"`
	// Guesses are the numbers that nobody gave, and Sensitivity which of them matter;
	// it is left out when that was not tried.
	Guesses     []record.Guess   `json:"guesses,omitempty"`
	Sensitivity *Sensitivity     `json:"sensitivity,omitempty"`
	Ignored     []record.Ignored `json:"ignored"`

	// Values holds every metric of every object, one value a replication, by
	// "metric object", or "metric" for those of the run.
	Values map[string][]stat.Value `json:"values"`
}

// Verdict says whether the expectations hold.
type Verdict struct {
	// Pass is true when every expectation holds and every replication is
	// complete.
	Pass bool `json:"pass"`
	// Complete is false when the run was stopped before its end.
	Complete bool `json:"complete"`
	// Partial is true when some replications are complete and others are not. What
	// the result says is then of the complete ones alone.
	Partial bool `json:"partial,omitempty"`
	// Interrupted says why the run was stopped, or how far it came; empty when
	// complete.
	Interrupted  string              `json:"interrupted,omitempty"`
	Expectations []ExpectationResult `json:"expectations"`
}

// ExpectationResult is an expectation about one object and what was measured.
type ExpectationResult struct {
	Metric string `json:"metric"`
	Of     string `json:"of"`
	Bound  Bound  `json:"bound"`
	// Across is every or mean.
	Across   string   `json:"across"`
	Measured Measured `json:"measured"`
	Pass     bool     `json:"pass"`
	// Reason says why an expectation fails that no value speaks against.
	Reason string `json:"reason,omitempty"`
	Source string `json:"source,omitempty"`
	// ReplicationsFailed counts the replications that miss the bound.
	ReplicationsFailed int `json:"replicationsFailed"`
}

// Bound is what a value must meet, in the metric's unit.
type Bound struct {
	// Op is atLeast, atMost or equals.
	Op    string     `json:"op"`
	Value stat.Value `json:"value"`
	Unit  string     `json:"unit"`
}

// Measured is what the replications gave: the value farthest on the wrong
// side of the bound and where it was, and the mean with its interval.
type Measured struct {
	Worst            stat.Value    `json:"worst"`
	WorstReplication int           `json:"worstReplication"`
	Mean             stat.Value    `json:"mean"`
	Interval         stat.Interval `json:"interval"`
}

// Step is an action of the timeline that was carried out or failed, or what a
// drain says while it goes on.
type Step struct {
	T    sim.Time `json:"t"`
	Text string   `json:"text"`
	// Objects are what it was aimed at, each "Kind namespace/name".
	Objects []string `json:"objects,omitempty"`
	// Error is what kubectl ended with when it failed.
	Error string `json:"error,omitempty"`
	// Source is the scenario's file:line of it.
	Source string `json:"source,omitempty"`
}

// Event is an Event of Kubernetes: Type is Normal or Warning, Object
// "Kind namespace/name". Where Kubernetes only changes a status, as at the exit
// of a container or a rollout's deadline, Reason is the one in the status.
type Event struct {
	T       sim.Time `json:"t"`
	Type    string   `json:"type"`
	Reason  string   `json:"reason"`
	Object  string   `json:"object"`
	Message string   `json:"message"`
}

// Note is what a kubelet or controller did, in words. Object is "Kind namespace/name",
// of nodes "Node name".
type Note struct {
	T      sim.Time `json:"t"`
	Object string   `json:"object"`
	Reason string   `json:"reason"` // BackOff, Probe, Evicted, Tainted, Lease or MemoryPressure
	Text   string   `json:"text"`
}

// Silenced is a wish not to hear of findings, and what it hides.
type Silenced struct {
	record.Silence
	Findings []Finding `json:"findings"`
}

// Finding is a weakness and the change that mends it.
type Finding struct {
	Rule string `json:"rule"`
	// Severity is error for what went wrong in the run, warning for what could, and
	// question where that rests on numbers that nobody gave.
	Severity string `json:"severity"`
	Object   string `json:"object"` // namespace/Kind/name or namespace/name
	// What is seen, and Change what to do about it.
	What   string `json:"what"`
	Change string `json:"change"`
	// DependsOn are the numbers that nobody gave and that it rests on: it is a
	// question then, and no fault.
	DependsOn []record.Guess `json:"dependsOn,omitempty"`
}

// HPAStep is a decision of a HorizontalPodAutoscaler.
type HPAStep struct {
	T       sim.Time `json:"t"`
	Current int32    `json:"current"`
	Desired int32    `json:"desired"`
	// Recommended is what the metrics asked for, Stabilized what the
	// stabilisation window left of it; Desired is that within policies and
	// bounds. Both are 0 when no metric was looked at.
	Recommended int32  `json:"recommended"`
	Stabilized  int32  `json:"stabilized"`
	Reason      string `json:"reason"`
	// Limit is the reason of the condition ScalingLimited while that is true.
	Limit   string                   `json:"limit,omitempty"`
	Metrics []record.AutoscaleMetric `json:"metrics,omitempty"`
}

// NotNil makes a missing list an empty one, which JSON shows as [].
func NotNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
