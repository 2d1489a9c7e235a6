// Package eviction is whom a node that is short of a resource evicts first, and what it
// says. Followed, of k8s.io/kubernetes v1.37.2: pkg/kubelet/eviction/helpers.go.
package eviction

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-rehearse/rehearse/sim"
)

// Candidate is a pod that may be evicted, by what the node's statistics have of it: bytes
// that it uses of the resource, and those that it requests.
type Candidate struct {
	Used      float64
	Requested int64
	Priority  int32
	Known     bool // there are statistics of it
}

// Rank sorts pods in the order in which they go, as rankMemoryPressure and
// rankDiskPressureFunc have it: those without statistics first, then those that use more
// than they request, then by priority, then by how much more.
func Rank[P any](pods []P, of func(P) Candidate) {
	rank := func(c Candidate) int {
		switch {
		case !c.Known:
			return 0
		case c.Used > float64(c.Requested):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(pods, func(a, b P) int {
		x, y := of(a), of(b)
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.Priority, y.Priority),
			cmp.Compare(y.Used-float64(y.Requested), x.Used-float64(x.Requested)))
	})
}

// Low is the begin of the message of a pod's status: evictionMessage.
func Low(name v1.ResourceName, threshold, available float64) string {
	return fmt.Sprintf("The node was low on resource: %s. Threshold quantity: %s, available: %s. ", name,
		Quantity(threshold), Quantity(max(0, available)))
}

// Larger is what it goes on with for a container, or a pod, that uses more than it
// requests.
func Larger(what, name string, used float64, request resource.Quantity, of v1.ResourceName) string {
	return fmt.Sprintf("%s %s was using %s, request is %s, has larger consumption of %s. ", what, name, Quantity(used),
		request.String(), of)
}

// Quantity is bytes as messages have them.
func Quantity(bytes float64) string {
	return resource.NewQuantity(int64(bytes), resource.BinarySI).String()
}

// Condition is a condition of the node: On as the eviction manager has it, Told as the
// Node has it.
type Condition struct {
	On, Told bool
	met      sim.Time // when the threshold was met last
}

// Note follows a look: the condition lasts for the transition period at least
// (nodeConditionsObservedSince).
func (c *Condition) Note(now sim.Time, short bool, transition time.Duration) {
	if short {
		c.met = now
	}
	c.On = short || (c.On && now.Sub(c.met) < transition)
}

// Threshold is one of evictionHard: a number of bytes, or a part of what there is.
type Threshold struct {
	Bytes int64
	Part  float32
}

// Of is the threshold in bytes (GetThresholdQuantity in eviction/api/types.go).
func (t Threshold) Of(capacity int64) int64 {
	if t.Part > 0 {
		return int64(float64(capacity) * float64(t.Part))
	}
	return t.Bytes
}
