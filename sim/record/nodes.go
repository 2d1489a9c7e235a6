package record

import "github.com/kube-rehearse/rehearse/sim"

// NodeChanged is a turn in the life of a node.
type NodeChanged struct {
	At
	Node  string    `json:"node"`
	Phase NodePhase `json:"phase"`
	// Lease is when the kubelet last renewed the node's lease, where that is why it
	// is not-ready.
	Lease sim.Time `json:"lease,omitempty"`
}

// Kind implements Record.
func (NodeChanged) Kind() string { return "node-changed" }

// NodeTainted is a change of a node's taints, each "key=value:effect" or
// "key:effect". None are left when there are none.
type NodeTainted struct {
	At
	Node   string   `json:"node"`
	Taints []string `json:"taints,omitempty"`
}

// Kind implements Record.
func (NodeTainted) Kind() string { return "node-tainted" }

// PodEvicted is a pod that the kubelet ended because its node was short of
// memory or disk, or because it exceeded a limit of its storage. Message is that of its
// status.
type PodEvicted struct {
	At
	Pod     string `json:"pod"`
	Node    string `json:"node"`
	Message string `json:"message"`
	// Resource is ephemeral-storage, or empty for memory. Exceeded is the limit that the
	// pod exceeded, which is no matter of its node; Used is then what of it was used.
	Resource string        `json:"resource,omitempty"`
	Exceeded *StorageLimit `json:"exceeded,omitempty"`
	// Among is how many pods it was chosen from, by what the node's statistics say:
	// what it used and what it requests, bytes, and its priority. Unknown is
	// that they said nothing, for none of its containers ran.
	Among     int   `json:"among,omitempty"`
	Used      int64 `json:"used,omitempty"`
	Requested int64 `json:"requested,omitempty"`
	Priority  int32 `json:"priority,omitempty"`
	Unknown   bool  `json:"unknown,omitempty"`
}

// StorageLimit is a limit of what a pod may write to the disk of its node, in bytes: of
// the emptyDir volume or container Of, or of all containers of the pod.
type StorageLimit struct {
	Kind  StorageLimitKind `json:"kind"`
	Of    string           `json:"of,omitempty"`
	Bytes int64            `json:"bytes"`
}

// StorageLimitKind is which one.
type StorageLimitKind string

// The kinds.
const (
	SizeLimit      StorageLimitKind = "sizeLimit" // of an emptyDir volume
	PodLimit       StorageLimitKind = "pod"
	ContainerLimit StorageLimitKind = "container"
)

// Kind implements Record.
func (PodEvicted) Kind() string { return "pod-evicted" }

// Drained is the end of a kubectl drain that began at Since, or its state at the
// end of the replication when it is Unfinished. Error is what kubectl ended with,
// "" when the node is drained; Left are the pods that were in its way when its
// Timeout was over, or are at the end. Index and Source are those of its Step.
type Drained struct {
	At
	Node       string      `json:"node"`
	Since      sim.Time    `json:"since"`
	Timeout    sim.Time    `json:"timeout,omitempty"`
	Unfinished bool        `json:"unfinished,omitempty"`
	Error      string      `json:"error,omitempty"`
	Left       []Undrained `json:"left,omitempty"`
	Index      int         `json:"index,omitempty"`
	Source     string      `json:"source,omitempty"`
}

// Undrained is a pod in the way of a drain: its eviction was refused to the end,
// of which Message is the API server's cause, or it was evicted and terminated
// still.
type Undrained struct {
	Pod     string   `json:"pod"`
	Budgets []string `json:"budgets,omitempty"` // namespace/name
	Message string   `json:"message,omitempty"`
	// Unready is that it is not Ready itself.
	Unready bool `json:"unready,omitempty"`
	// Terminating is for how long, Grace its grace period.
	Terminating sim.Time `json:"terminating,omitempty"`
	Grace       sim.Time `json:"grace,omitempty"`
}

// Kind implements Record.
func (Drained) Kind() string { return "drained" }
