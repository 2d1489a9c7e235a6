package control

import "time"

// Action is one thing that a decider has its controller do. The actions of a sync are
// carried out in their order, each when the writes of the one before are answered.
type Action interface{ IsAction() }

// RequeueAfter asks for another sync after some time, even when nothing changes. Of
// several only the first comes: a work queue holds a key once.
type RequeueAfter struct{ After time.Duration }

// Event is what a controller tells its users about the object that it syncs.
type Event struct {
	Type    string // v1.EventTypeNormal or v1.EventTypeWarning
	Reason  string
	Message string
}

// IsAction implements Action.
func (RequeueAfter) IsAction() {}

// IsAction implements Action.
func (Event) IsAction() {}
