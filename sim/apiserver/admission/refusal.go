package admission

import "k8s.io/apimachinery/pkg/api/resource"

// Refusal is the API server's answer to an object that it does not take.
type Refusal struct {
	// Policy is what stands against it, "ResourceQuota team/compute", "LimitRange
	// team/defaults" or "RuntimeClass gvisor"; empty when it is the object itself.
	Policy string
	// Short is what the quota lacks, by resource; nil of other refusals.
	Short []Shortage

	err error
}

// Shortage is a resource of a ResourceQuota that an object asks more of than
// is left.
type Shortage struct {
	Resource              string // as in the quota's spec.hard
	Requested, Used, Hard resource.Quantity
}

// Error is the message that kubectl would print.
func (r *Refusal) Error() string { return r.err.Error() }

// Unwrap is the API server's error with its HTTP status.
func (r *Refusal) Unwrap() error { return r.err }
