package record

import "github.com/kube-rehearse/rehearse/sim"

// ClaimWaiting is why a claim has no volume, in the words of its event. It is written
// when that changes.
type ClaimWaiting struct {
	At
	Claim   string `json:"claim"`
	Class   string `json:"class,omitempty"` // StorageClass that it names
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// ClaimBound is a claim that has got its volume. Place is the zone or the machine that
// the volume is in, "" for one that all machines reach.
type ClaimBound struct {
	At
	Claim  string `json:"claim"`
	Volume string `json:"volume"`
	Class  string `json:"class,omitempty"`
	Place  string `json:"place,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
}

// VolumeWaiting is why the volumes of a pod are not there yet, in the words of its
// event. It is written when that changes. Holder is the machine that a volume is
// attached to meanwhile, and Holders the pods there that use it; Own says that one of
// them is of the same workload.
type VolumeWaiting struct {
	At
	Pod      string   `json:"pod"`
	Workload string   `json:"workload"`
	Node     string   `json:"node"`
	Volume   string   `json:"volume"`
	Reason   string   `json:"reason"`
	Message  string   `json:"message"`
	Holder   string   `json:"holder,omitempty"`
	Holders  []string `json:"holders,omitempty"`
	Own      bool     `json:"own,omitempty"`
}

// VolumeAttached is a volume that a machine has got, VolumeDetached one that it has no
// more. Took is how long the driver was at it. Forced says that nobody asked the machine.
type VolumeAttached struct {
	At
	Volume string   `json:"volume"`
	Node   string   `json:"node"`
	Took   sim.Time `json:"took,omitempty"`
}

// VolumeDetached is a volume that a machine has no more.
type VolumeDetached struct {
	At
	Volume string   `json:"volume"`
	Node   string   `json:"node"`
	Took   sim.Time `json:"took,omitempty"`
	Forced bool     `json:"forced,omitempty"`
}

// VolumesMounted is a pod whose volumes are all there: its containers can start. Took is
// the time since its kubelet took it.
type VolumesMounted struct {
	At
	Pod  string   `json:"pod"`
	Took sim.Time `json:"took,omitempty"`
}

// Kind implements Record.
func (ClaimWaiting) Kind() string   { return "claim-waiting" }
func (ClaimBound) Kind() string     { return "claim-bound" }
func (VolumeWaiting) Kind() string  { return "volume-waiting" }
func (VolumeAttached) Kind() string { return "volume-attached" }
func (VolumeDetached) Kind() string { return "volume-detached" }
func (VolumesMounted) Kind() string { return "volumes-mounted" }
