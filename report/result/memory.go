package result

import "github.com/kube-rehearse/rehearse/report/stat"

// Density is how many pods of a workload an empty node of a pool holds, by
// requests: with those of today, and with the proposed memory limits in the
// place of the memory requests. Nodes differ within a pool: it is the fewest.
// Taints and affinity are not looked at.
type Density struct {
	PodsPerNode int `json:"podsPerNode"`
	// Proposed is the same with the proposed limits; -1 without a proposal.
	Proposed int `json:"proposed"`
	// Memory is what a pod requests, ProposedMemory what it then would.
	Memory         float64    `json:"memory"`
	ProposedMemory stat.Value `json:"proposedMemory"`
}

// PeakMemory is what the peaks of a container say about larger ones. All
// levels are bytes.
type PeakMemory struct {
	Name   string `json:"name"`
	Peaks  int64  `json:"peaks"`  // blocks of running time with a peak
	Killed int64  `json:"killed"` // of them ended by an OOM kill: censored at the limit
	// Law is gumbel, gev, deterministic, or empty when the peaks carry none.
	Law string `json:"law"`
	// Shape of the GEV law; 0 for Gumbel's.
	Shape stat.Value `json:"shape"`
	// PerDay and PerMonth are exceeded once in that time of one pod on
	// average; a month has 30 days.
	PerDay   stat.Estimate `json:"perDay"`
	PerMonth stat.Estimate `json:"perMonth"`
	// Limit is the smallest that keeps the risk per pod-day at the target.
	Limit stat.Estimate `json:"limit"`
	// Warnings say why the numbers are not to be trusted, or are absent.
	Warnings []string `json:"warnings"`
}

// NodeMemory is how far the memory of a node is promised and used, against
// what is allocatable. Sums are in bytes and the largest over time and
// replications.
type NodeMemory struct {
	Requests  float64 `json:"requests"`
	Limits    float64 `json:"limits"`    // of the containers that have one
	Unlimited int     `json:"unlimited"` // containers without a limit, at the most
	// QOS counts pods by class, at the most at a time.
	QOS map[string]int `json:"qos"`
	// Used is the largest sum of working sets.
	Used float64 `json:"used"`
	// Over is the fraction of node-time in which the sum of working sets
	// exceeds allocatable, RunsOver counts the replications in which it does
	// at some time, PerRun is the probability of such a replication.
	Over     stat.Value    `json:"over"`
	RunsOver int64         `json:"runsOver"`
	PerRun   stat.Estimate `json:"perRun"`
}

// NoNodeMemory is that of a node that nothing was observed of.
func NoNodeMemory() NodeMemory {
	return NodeMemory{QOS: map[string]int{}, Over: stat.Missing, PerRun: stat.NoEstimate}
}

// MemoryRank is what is used of a node's memory and what is promised by
// limits, of allocatable: the worst node of a pool has the largest.
func (n Node) MemoryRank() [2]float64 {
	return [2]float64{n.Memory.Used / n.Allocatable.Memory, n.Memory.Limits / n.Allocatable.Memory}
}
