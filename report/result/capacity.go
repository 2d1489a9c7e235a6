package result

import (
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Stays reports whether the node is there at the end.
func (n Node) Stays(end sim.Time) bool { return n.Gone == nil && n.Joined <= end }

// Presence is the part of a run in which the node was there.
func (n Node) Presence(end sim.Time) float64 {
	until := end
	if n.Gone != nil {
		until = *n.Gone
	}
	if end <= 0 {
		return 1
	}
	return max(0, (until-n.Joined).Seconds()) / end.Seconds()
}

// Fits reports whether what is requested has room.
func Fits(requests, allocatable Amounts) bool {
	return requests.CPU <= allocatable.CPU && requests.Memory <= allocatable.Memory && requests.GPU <= allocatable.GPU
}

// AmountsOf are the resources that a report counts.
func AmountsOf(r record.Resources) Amounts {
	return Amounts{r.CPU, float64(r.Memory), float64(r.GPU), float64(r.Pods)}
}

// Add takes r on top.
func (a *Amounts) Add(r record.Resources) { a.AddScaled(AmountsOf(r), 1) }

// AddScaled takes o so many times on top.
func (a *Amounts) AddScaled(o Amounts, factor float64) {
	a.CPU += o.CPU * factor
	a.Memory += o.Memory * factor
	a.GPU += o.GPU * factor
	a.Pods += o.Pods * factor
}

// Raise takes of each resource the larger amount.
func (a *Amounts) Raise(o Amounts) {
	a.CPU = max(a.CPU, o.CPU)
	a.Memory = max(a.Memory, o.Memory)
	a.GPU = max(a.GPU, o.GPU)
	a.Pods = max(a.Pods, o.Pods)
}

// Over is a part of the amounts.
func (a Amounts) Over(divisor float64) Amounts {
	return Amounts{a.CPU / divisor, a.Memory / divisor, a.GPU / divisor, a.Pods / divisor}
}

// Capacity answers: does it fit?
type Capacity struct {
	// AllScheduled is true when no replication ends with a pod that waits
	// for a node.
	AllScheduled bool `json:"allScheduled"`
	// Nodes were there at some time, NodesAtEnd at the end of replication 0;
	// USDPerHour is the mean of what those that were there cost.
	Nodes      int     `json:"nodes"`
	NodesAtEnd int     `json:"nodesAtEnd"`
	USDPerHour float64 `json:"usdPerHour"`
	// Waiting groups the pods that the scheduler refused, over all
	// replications, by workload and message.
	Waiting  []Waiting           `json:"waiting"`
	Headroom map[string]Headroom `json:"headroom"` // by workload
	// Quotas is by namespace/name; left out when there are none.
	Quotas map[string][]QuotaUse `json:"quotas,omitempty"`
}

// QuotaUse is the use of one resource of a ResourceQuota, in cores, bytes or a
// count: at the end and at most, the largest over the replications.
type QuotaUse struct {
	Resource string  `json:"resource"` // as in spec.hard
	Used     float64 `json:"used"`
	Peak     float64 `json:"peak"`
	Hard     float64 `json:"hard"`
}

// Waiting are the pods of a workload that a node was refused to.
type Waiting struct {
	Workload string `json:"workload"`
	// Message is the scheduler's, Binding what it comes down to.
	Message      string `json:"message"`
	Binding      string `json:"binding"`
	Pods         int    `json:"pods"`         // in all replications
	Replications int    `json:"replications"` // in how many
	// AtEnd is the largest number in one replication that still waited at
	// its end.
	AtEnd   int      `json:"atEnd"`
	Longest sim.Time `json:"longest"`
	// Deleted is how many of Pods were deleted before they found a node.
	Deleted int `json:"deleted,omitempty"`
}

// Headroom is how many more replicas would fit at the end.
type Headroom struct {
	// Min is the least over the replications.
	Min  int        `json:"min"`
	Mean stat.Value `json:"mean"`
	// AtLeast is true when counting stopped before the cluster was full.
	AtLeast bool   `json:"atLeast"`
	Message string `json:"message"`
	// Binding is what the next replica lacks: "memory", "cpu, memory".
	Binding string `json:"binding"`
	// Quota is the ResourceQuota that leaves no room, where it leaves less than
	// the nodes.
	Quota string `json:"quota,omitempty"`
}

// Amounts are CPU in cores, memory in bytes, GPUs in devices and pods.
type Amounts struct {
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
	GPU    float64 `json:"gpu"`
	Pods   float64 `json:"pods"`
}

// Use is a use of resources over time: Mean over time and replications, Peak
// over both.
type Use struct {
	Mean Amounts `json:"mean"`
	Peak Amounts `json:"peak"`
}

// Pool is a group of like nodes.
type Pool struct {
	Nodes        int     `json:"nodes"`
	InstanceType string  `json:"instanceType,omitempty"`
	USDPerHour   float64 `json:"usdPerHour"`
	Allocatable  Amounts `json:"allocatable"`
	Requested    Use     `json:"requested"`
	Used         Use     `json:"used"`
	// Memory is the worst of its nodes.
	Memory NodeMemory `json:"memory"`
}

// Node is a machine. Requested and Pods are of replication 0: the peak of
// what its pods asked for, and how many there were at the end.
type Node struct {
	Pool         string  `json:"pool"`
	InstanceType string  `json:"instanceType,omitempty"`
	USDPerHour   float64 `json:"usdPerHour"`
	Allocatable  Amounts `json:"allocatable"`
	Requested    Amounts `json:"requestedPeak"`
	Pods         int     `json:"pods"`
	// Joined is when it came, 0 for those of the start, and Gone when machine and
	// Node were removed, in replication 0.
	Joined sim.Time  `json:"joined"`
	Gone   *sim.Time `json:"gone"`
	// Memory is over all replications.
	Memory NodeMemory `json:"memory"`
}

// Pod is the life of a pod. A time is null when it was not reached.
type Pod struct {
	Name      string    `json:"name"` // namespace/name
	Owner     string    `json:"owner"`
	Revision  string    `json:"revision,omitempty"`
	Node      string    `json:"node"`
	Created   sim.Time  `json:"created"`
	Scheduled *sim.Time `json:"scheduled"`
	// Ready is when it was Ready first.
	Ready    *sim.Time `json:"ready"`
	Deleting *sim.Time `json:"deleting"`
	Gone     *sim.Time `json:"gone"`
	// Phase is Pending, Running, Succeeded or Failed, as last seen.
	Phase    string `json:"phase"`
	Restarts int    `json:"restarts"`
	// OOMKilled counts the containers of it that were.
	OOMKilled int `json:"oomKilled"`
	// Deleted is why it was deleted.
	Deleted record.Deletion `json:"deleted,omitempty"`
	// DeletedBy is who had it deleted, in words, where the records tell.
	DeletedBy string `json:"deletedBy,omitempty"`
}

// Pending is a pod that waited for a node because the scheduler found none.
// Until is null when it still waited at the end.
type Pending struct {
	Pod     string    `json:"pod"`
	Since   sim.Time  `json:"since"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Until   *sim.Time `json:"until"`
	// For is the node that a pod of a DaemonSet is for.
	For string `json:"for,omitempty"`
}
