package record

// ClaimAllocated is a claim that has got its devices, each as pool/device of a driver. Pods
// are those that it is reserved for.
type ClaimAllocated struct {
	At
	Claim   string   `json:"claim"`
	Pods    []string `json:"pods,omitempty"`
	Devices []string `json:"devices,omitempty"`
}

// ClaimReleased is a claim that has its devices no more.
type ClaimReleased struct {
	At
	Claim string `json:"claim"`
}

// Kind implements Record.
func (ClaimAllocated) Kind() string { return "claim-allocated" }
func (ClaimReleased) Kind() string  { return "claim-released" }
