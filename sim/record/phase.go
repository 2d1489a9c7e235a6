package record

// RolloutPhase is a turn in the life of a rollout.
type RolloutPhase string

// A StatefulSet's and a DaemonSet's rollout has the first two alone.
const (
	RolloutStarted  RolloutPhase = "started" // a new revision
	RolloutComplete RolloutPhase = "complete"
	RolloutStalled  RolloutPhase = "stalled" // ProgressDeadlineExceeded
	RolloutPaused   RolloutPhase = "paused"
	RolloutResumed  RolloutPhase = "resumed"
)

// JobPhase is where a Job stands.
type JobPhase string

// A Job that is complete or has failed may still be deleted.
const (
	JobRunning  JobPhase = "running"
	JobHeld     JobPhase = "suspended"
	JobComplete JobPhase = "complete"
	JobFailed   JobPhase = "failed"
	JobDeleted  JobPhase = "deleted"
)

// Over reports whether the Job has ended, well or not.
func (p JobPhase) Over() bool { return p == JobComplete || p == JobFailed }

// CronPhase is what becomes of a time of a CronJob's schedule.
type CronPhase string

const (
	// CronStarted: its Job was made.
	CronStarted CronPhase = "started"
	// CronHeld: its Job can't start now, but may later.
	CronHeld CronPhase = "held"
	// CronSkipped: no Job is made for it.
	CronSkipped CronPhase = "skipped"
)

// NodePhase is a turn in the life of a node.
type NodePhase string

const (
	NodeAdded NodePhase = "added"
	// NodeFailed: the machine and all processes on it stopped.
	NodeFailed    NodePhase = "failed"
	NodeRecovered NodePhase = "recovered"
	// NodeShuttingDown: the machine is to be shut down, and its kubelet ends the pods.
	NodeShuttingDown NodePhase = "shutting-down"
	NodeRemoved      NodePhase = "removed"
	// NodeReady and NodeNotReady are changes of the API's Ready condition.
	NodeReady    NodePhase = "ready"
	NodeNotReady NodePhase = "not-ready"
	// NodePressed and NodeRelieved are changes of the condition MemoryPressure.
	NodePressed  NodePhase = "memory-pressure"
	NodeRelieved NodePhase = "no-memory-pressure"
	// NodeDiskPressed and NodeDiskRelieved are changes of the condition DiskPressure.
	NodeDiskPressed  NodePhase = "disk-pressure"
	NodeDiskRelieved NodePhase = "no-disk-pressure"
)

// Scaler is who changed a workload's size.
type Scaler string

const (
	ByTimeline   Scaler = "timeline" // a step of the scenario
	ByAutoscaler Scaler = "hpa"      // a HorizontalPodAutoscaler
	ByKEDA       Scaler = "keda"     // a ScaledObject
	ByNodes      Scaler = "nodes"    // the nodes that a DaemonSet is for
)

// EndReason is why a replication is over.
type EndReason string

const (
	// AtHorizon: it was played to its end.
	AtHorizon EndReason = "horizon"
	// Interrupted: it was stopped before.
	Interrupted EndReason = "interrupted"
	// Broken: rehearse itself was at fault.
	Broken EndReason = "failed"
)
