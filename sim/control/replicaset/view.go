package replicaset

import (
	"errors"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller sees of one ReplicaSet. It is read-only.
type View struct {
	// ReplicaSet has gone through the API server's defaulting.
	ReplicaSet *apps.ReplicaSet
	// Pods are those that it owns, terminating ones included, in any order.
	Pods []*v1.Pod
	// Related are the active pods of all ReplicaSets of the same owner, its
	// own included: of two pods the one on the more crowded node goes first.
	Related []*v1.Pod
	// Failure is what the API server answered to a creation or deletion of the
	// last sync, nil when all went well. While there still are pods to create or
	// delete it is the condition ReplicaFailure; when to try again is then up to
	// the caller's back-off.
	Failure error
}

func (v *View) validate() error {
	rs := v.ReplicaSet
	if rs == nil {
		return errors.New("replicaset: must be set, got nil")
	}
	f := control.FaultsOf("replicaset", rs)
	f.Replicas("", rs.Spec.Replicas)
	f.Selector(rs.Spec.Selector)
	f.Pods("pods", v.Pods)
	f.Pods("related", v.Related)
	return f.Err()
}
