package record

// NodeChanged is a turn in the life of a node. Phase is added, failed (the
// machine and all processes on it stopped), recovered, removed, not-ready or
// ready when the API's Ready condition changes, and memory-pressure or
// no-memory-pressure when that condition does.
type NodeChanged struct {
	At
	Node  string `json:"node"`
	Phase string `json:"phase"`
}

// Kind implements Record.
func (NodeChanged) Kind() string { return "node-changed" }

// PodEvicted is a pod that the kubelet ended because its node was short of
// memory. Message is that of its status.
type PodEvicted struct {
	At
	Pod     string `json:"pod"`
	Node    string `json:"node"`
	Message string `json:"message"`
}

// Kind implements Record.
func (PodEvicted) Kind() string { return "pod-evicted" }
