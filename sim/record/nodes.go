package record

// NodeChanged is a turn in the life of a node. Phase is added, failed (the
// machine and all processes on it stopped), recovered, removed, and not-ready
// or ready when the API's Ready condition changes.
type NodeChanged struct {
	At
	Node  string `json:"node"`
	Phase string `json:"phase"`
}

// Kind implements Record.
func (NodeChanged) Kind() string { return "node-changed" }
