package sched

import (
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
)

// effects is what one scheduling cycle asks of the API server, through its
// client and its event recorder.
type effects struct {
	fake.Clientset
	victims     []types.NamespacedName
	denominated []types.NamespacedName
	volumes     []runtime.Object // and claims, as they are to be before a pod is bound
	claims      Claims           // of devices; nil for none
	informers   *informerSet
	// disruption and preempted are what was said about a pod: the message of
	// its DisruptionTarget condition, and the note of its Preempted event.
	disruption, preempted map[types.NamespacedName]string
}

func newEffects() *effects {
	e := &effects{}
	e.AddReactor("*", "*", e.react)
	e.reset()
	return e
}

func (e *effects) reset() {
	e.victims, e.denominated = nil, nil
	e.disruption, e.preempted = map[types.NamespacedName]string{}, map[types.NamespacedName]string{}
	e.ClearActions()
}

// statusPatch is the part of a pod status patch that matters: nominations
// cleared (executor.go, clearNominatedNodeName) and victims marked (ibid.,
// PreemptPod).
type statusPatch struct {
	Status struct {
		NominatedNodeName json.RawMessage   `json:"nominatedNodeName"`
		Conditions        []v1.PodCondition `json:"conditions"`

		Extended *v1.PodExtendedResourceClaimStatus `json:"extendedResourceClaimStatus"`
	} `json:"status"`
}

// react takes the calls that upstream makes within a cycle. Any other comes
// from a plugin, which must learn that there is no API server.
func (e *effects) react(action clienttesting.Action) (bool, runtime.Object, error) {
	if action.GetResource().Resource == "resourceclaims" {
		o, err := e.claimed(action)
		return true, o, err
	}
	if action.GetResource().Resource == "pods" {
		switch a := action.(type) {
		case clienttesting.PatchActionImpl:
			if a.Subresource == "status" {
				return true, nil, e.patched(types.NamespacedName{Namespace: a.Namespace, Name: a.Name}, a.Patch)
			}
		case clienttesting.DeleteActionImpl:
			e.victims = append(e.victims, types.NamespacedName{Namespace: a.Namespace, Name: a.Name})
			return true, nil, nil
		}
	}
	if a, is := action.(clienttesting.UpdateActionImpl); is && e.updated(a.Object) {
		return true, a.Object, nil
	}
	return true, nil, fmt.Errorf("%s %s: no API server in virtual time, a plugin may only read from its informers",
		action.GetVerb(), action.GetResource().Resource)
}

func (e *effects) patched(pod types.NamespacedName, patch []byte) error {
	var p statusPatch
	if err := json.Unmarshal(patch, &p); err != nil {
		return fmt.Errorf("patch of pod %s: %w", pod, err)
	}
	if string(p.Status.NominatedNodeName) == "null" {
		e.denominated = append(e.denominated, pod)
	}
	if p.Status.Extended != nil && e.claims != nil {
		e.claims.Extended(pod, p.Status.Extended)
	}
	for _, c := range p.Status.Conditions {
		if c.Type == v1.DisruptionTarget {
			e.disruption[pod] = c.Message
		}
	}
	return nil
}

// recorder is the event recorder of all profiles.
type recorder struct{ effects *effects }

var _ events.EventRecorderLogger = recorder{}

// Eventf implements events.EventRecorder. Of the scheduler's events only
// Preempted says something that a Result does not have otherwise.
func (r recorder) Eventf(regarding, _ runtime.Object, _, reason, _, note string, args ...any) {
	if pod, ok := regarding.(*v1.Pod); ok && reason == "Preempted" {
		r.effects.preempted[keyOf(pod)] = fmt.Sprintf(note, args...)
	}
}

// WithLogger implements events.EventRecorderLogger.
func (r recorder) WithLogger(klog.Logger) events.EventRecorderLogger { return r }

func keyOf(p *v1.Pod) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
}
