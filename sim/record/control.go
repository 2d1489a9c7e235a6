package record

import "github.com/kube-rehearse/rehearse/sim"

// Step is an action of the timeline that was carried out or refused, or what a
// drain says while it goes on.
type Step struct {
	At
	Text string `json:"text"` // "set image Deployment ai-agent agent=…:1.1.0"
	// Objects are what it was aimed at, each "Kind namespace/name", of nodes "Node
	// name"; of what a drain says about a pod also the budgets that select it.
	Objects []string `json:"objects,omitempty"`
	// Error is what kubectl ended with when it failed.
	Error string `json:"error,omitempty"`
	// Index is the place in the timeline, from 1, and 0 of what was applied at the
	// start; Source is the scenario's file:line of it.
	Index  int    `json:"index,omitempty"`
	Source string `json:"source,omitempty"`
}

// ReplicaSetScaled is a change of a ReplicaSet's spec.replicas; From is 0 and
// Created true for a new one.
type ReplicaSetScaled struct {
	At
	Workload   string `json:"workload"` // key of the Deployment
	ReplicaSet string `json:"replicaSet"`
	Revision   string `json:"revision"` // pod-template-hash
	From       int32  `json:"from"`
	To         int32  `json:"to"`
	Created    bool   `json:"created,omitempty"`
}

// Rollout is a turn in the life of a rollout.
type Rollout struct {
	At
	Workload string       `json:"workload"`
	Phase    RolloutPhase `json:"phase"`
	Revision string       `json:"revision"` // pod-template-hash, or ControllerRevision
	Images   []string     `json:"images,omitempty"`
	Message  string       `json:"message,omitempty"`
}

// Availability is a turn of a Deployment's condition Available.
type Availability struct {
	At
	Workload  string `json:"workload"`
	Available bool   `json:"available,omitempty"`
}

// Kind implements Record.
func (Availability) Kind() string { return "availability" }

// Scaled is a change of a workload's spec.replicas, or of how many nodes should
// run a pod of a DaemonSet.
type Scaled struct {
	At
	Workload string `json:"workload"`
	From     int32  `json:"from"`
	To       int32  `json:"to"`
	By       Scaler `json:"by"`
}

// Activation is a turn of KEDA's loop over a ScaledObject that went otherwise
// than the one before. From and To are the target's spec.replicas before and
// after; Failed are the errors of triggers without a value.
type Activation struct {
	At
	ScaledObject string   `json:"scaledObject"` // namespace/name
	Workload     string   `json:"workload"`
	Active       bool     `json:"active,omitempty"`
	From         int32    `json:"from"`
	To           int32    `json:"to"`
	Reason       string   `json:"reason"`
	Failed       []string `json:"failed,omitempty"`
}

// Autoscaled is a sync of a HorizontalPodAutoscaler that decided otherwise than
// the one before. Recommended is what the metrics ask for, Stabilized what
// recent recommendations leave of it, Desired that within policies and bounds.
type Autoscaled struct {
	At
	HPA         string `json:"hpa"` // namespace/name
	Workload    string `json:"workload"`
	Current     int32  `json:"current"`
	Desired     int32  `json:"desired"`
	Recommended int32  `json:"recommended"`
	Stabilized  int32  `json:"stabilized"`
	// Rescaled is true when Desired was written to the workload.
	Rescaled bool `json:"rescaled,omitempty"`
	// Reason is why it was rescaled, or the reasons of the conditions.
	Reason string `json:"reason"`
	// Limit is the reason of the condition ScalingLimited while that is true.
	Limit   string            `json:"limit,omitempty"`
	Message string            `json:"message,omitempty"`
	Metrics []AutoscaleMetric `json:"metrics,omitempty"`
}

// AutoscaleMetric is what one metric asked for. Ratio is use over target; the
// counts are pods by how their values were taken.
type AutoscaleMetric struct {
	Name     string  `json:"name"`
	Replicas int32   `json:"replicas"`
	Ratio    float64 `json:"ratio"`
	// Current and Target are use and target as kubectl shows them.
	Current string `json:"current,omitempty"`
	Target  string `json:"target,omitempty"`
	Ready   int    `json:"ready,omitempty"`
	Unready int    `json:"unready,omitempty"`
	Missing int    `json:"missing,omitempty"`
	Ignored int    `json:"ignored,omitempty"`
	Error   string `json:"error,omitempty"`
}

// JobChanged is a turn in the life of a Job, or new counts in its status. Reason
// and Message are those of the condition Complete or Failed. Of a Job that was
// deleted the Reason is a Deletion, the one of its pods.
type JobChanged struct {
	At
	Workload string   `json:"workload"`
	Job      string   `json:"job,omitempty"` // namespace/name of a CronJob's Job; Workload is the CronJob
	Phase    JobPhase `json:"phase"`
	Reason   string   `json:"reason,omitempty"` // BackoffLimitExceeded, DeadlineExceeded, PodFailurePolicy …
	Message  string   `json:"message,omitempty"`
	// The counts of the status: pods, or of an Indexed Job's good ones indexes.
	Active    int32 `json:"active"`
	Succeeded int32 `json:"succeeded"`
	Failed    int32 `json:"failed"`
	// FailedIndexes are those that have reached backoffLimitPerIndex, e.g. "1,3-5".
	FailedIndexes string `json:"failedIndexes,omitempty"`
}

// CronJobRun is what becomes of a time of a CronJob's schedule. Of times that were
// skipped Count is how many, and Scheduled the last.
type CronJobRun struct {
	At
	Workload  string    `json:"workload"`
	Phase     CronPhase `json:"phase"`
	Scheduled sim.Time  `json:"scheduled"`
	Job       string    `json:"job,omitempty"` // namespace/name
	Count     int64     `json:"count,omitempty"`
	// Reason is JobAlreadyActive (concurrencyPolicy Forbid), FailedCreate or
	// StartingDeadline, "" when it is not known.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// EvictionRefused is an eviction that a PodDisruptionBudget stood against:
// Desired of Expected pods have to be healthy, Healthy are.
type EvictionRefused struct {
	At
	Pod      string `json:"pod"`
	Node     string `json:"node"`
	Budget   string `json:"budget"` // namespace/name
	Healthy  int32  `json:"healthy"`
	Desired  int32  `json:"desired"`
	Expected int32  `json:"expected"`
	Message  string `json:"message"`
	// Others are further budgets that select the pod: eviction refuses to choose.
	Others []string `json:"others,omitempty"`
}

// CreationRefused is the API server not taking an object of a workload. A
// refusal that comes again and again stands here twice: the first time, and,
// when another answer or a success is known or the run ends, with the number of
// the others and the times of the first and the last.
type CreationRefused struct {
	At
	Workload string `json:"workload"`
	By       string `json:"by,omitempty"` // "ReplicaSet team/web-5d", whose controller asked; empty of a pod applied
	Object   string `json:"object"`       // kind: Pod, ReplicaSet, ControllerRevision, PersistentVolumeClaim …
	Message  string `json:"message"`      // the first one, as kubectl prints it
	// Policy is what stands against it, e.g. "ResourceQuota team/compute" or
	// "LimitRange team/defaults"; empty when it is the object itself.
	Policy string     `json:"policy,omitempty"`
	Short  []Shortage `json:"short,omitempty"`
	Count  int64      `json:"count"`
	Since  sim.Time   `json:"since,omitempty"` // of the first, in a record of repetitions
	Last   sim.Time   `json:"last,omitempty"`  // of the last, in a record of repetitions
}

// Shortage is a resource of a ResourceQuota that was asked more of than was
// left; the amounts are in Kubernetes' notation.
type Shortage struct {
	Resource  string `json:"resource"` // as in spec.hard
	Requested string `json:"requested"`
	Used      string `json:"used"`
	Hard      string `json:"hard"`
}

// QuotaUsage is what was used of a ResourceQuota, at the end and at most. Where
// the quota changed, Peak may exceed Hard.
type QuotaUsage struct {
	At
	Quota     string          `json:"quota"` // namespace/name
	Resources []QuotaResource `json:"resources"`
}

// QuotaResource is one resource of a ResourceQuota, in base units: cores, bytes
// or a count.
type QuotaResource struct {
	Resource string  `json:"resource"`
	Used     float64 `json:"used"`
	Peak     float64 `json:"peak"`
	Hard     float64 `json:"hard"`
}

// Headroom is how many more replicas the ResourceQuotas would have admitted and
// the scheduler could have placed, and the message about the first that did not
// fit. It is measured at the end.
type Headroom struct {
	At
	Workload string `json:"workload"`
	Replicas int    `json:"replicas"`
	// Capped is true when counting stopped before the cluster was full.
	Capped  bool   `json:"capped,omitempty"`
	Message string `json:"message,omitempty"`
	// Quota is the ResourceQuota that leaves no room for more, where it leaves
	// less than the nodes do.
	Quota string `json:"quota,omitempty"`
}

// MoreNodes is how many more nodes of a pool would take the pods of a workload that wait at
// the end, found by trying: with Nodes more of them Placed of its Waiting pods find a place.
// Nodes is 0 where none of the pool can help.
type MoreNodes struct {
	At
	Workload string `json:"workload"`
	Pool     string `json:"pool"`
	Waiting  int    `json:"waiting"`
	Placed   int    `json:"placed"`
	Nodes    int    `json:"nodes"`
	// Capped is that more pods wait than were tried.
	Capped bool `json:"capped,omitempty"`
}

// End closes a replication, at its horizon or where it was stopped. Events is how
// many events the engine carried out.
type End struct {
	At
	Reason EndReason `json:"reason"`
	Events uint64    `json:"events"`
	// Hash is that of the lines of the replication before this one, which Writer
	// takes and Reader compares; "" of a stream without.
	Hash string `json:"hash,omitempty"`
}

// Kind implements Record.
func (Run) Kind() string { return "run" }

func (Step) Kind() string             { return "step" }
func (ReplicaSetScaled) Kind() string { return "replicaset-scaled" }
func (Rollout) Kind() string          { return "rollout" }
func (Scaled) Kind() string           { return "scaled" }
func (Autoscaled) Kind() string       { return "autoscaled" }
func (Activation) Kind() string       { return "activation" }
func (JobChanged) Kind() string       { return "job-changed" }
func (CronJobRun) Kind() string       { return "cronjob-run" }
func (EvictionRefused) Kind() string  { return "eviction-refused" }
func (CreationRefused) Kind() string  { return "creation-refused" }
func (QuotaUsage) Kind() string       { return "quota-usage" }
func (Headroom) Kind() string         { return "headroom" }
func (MoreNodes) Kind() string        { return "more-nodes" }
func (End) Kind() string              { return "end" }
