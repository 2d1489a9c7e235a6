package truth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
)

// Schema is the version of the compact form of a recording.
const Schema = "rehearse.dev/recording/v1alpha1"

// Kind is what an entry of a timeline says.
type Kind string

// The kinds, in the order in which entries of one instant are sorted.
const (
	Step     Kind = "step"     // somebody did something: Text
	Replicas Kind = "replicas" // a workload's spec.replicas: From, To
	Desired  Kind = "desired"  // an autoscaler's status.desiredReplicas: From, To
	Scaled   Kind = "scaled"   // a ReplicaSet of a Deployment: Revision, From, To
	Ended    Kind = "ended"    // a Job got the condition Complete or Failed: Text
	// Progress is the condition Progressing of a Deployment: Text is its reason,
	// NewReplicaSetAvailable or ProgressDeadlineExceeded.
	Progress Kind = "progress"
	// Available is the condition of that name of a Deployment: Text is True or False.
	Available Kind = "available"
	// Node is a node's condition Ready after it was True for the first time: Text is
	// Ready or NotReady.
	Node Kind = "node"
	// Taints are a node's taints after time 0, once it was Ready and without the taint
	// not-ready for the first time: Text lists them as kubectl does, sorted, or is "none".
	Taints    Kind = "taints"
	Endpoints Kind = "endpoints" // the ready endpoints in a Service's EndpointSlices: From, To
	Created   Kind = "created"   // a pod was accepted
	Bound     Kind = "bound"     // a pod got its Node
	Ready     Kind = "ready"     // a pod's condition Ready turned True
	Unready   Kind = "unready"   // it turned False before the pod's deletion was asked for
	Deleting  Kind = "deleting"  // a pod's deletion was asked for
	Gone      Kind = "gone"      // a pod was removed
)

var kindOrder = []Kind{Step, Replicas, Desired, Scaled, Ended, Progress, Available, Node, Taints, Endpoints, Created,
	Bound, Ready,
	Unready, Deleting, Gone}

// Entry is one thing that happened.
type Entry struct {
	// T is the time since the first workload was created.
	T    sim.Time `json:"t"`
	Kind Kind     `json:"kind"`
	// Object is the workload, or the autoscaler, as namespace/Kind/name.
	Object string `json:"object,omitempty"`
	// Revision counts the ReplicaSets (of a CronJob the Jobs, of other workloads the
	// revisions) of Object from 1 on, in the order in which they appeared.
	Revision int    `json:"revision,omitempty"`
	Pod      string `json:"pod,omitempty"`
	Node     string `json:"node,omitempty"`
	From     int32  `json:"from,omitempty"`
	To       int32  `json:"to,omitempty"`
	// N is how many pods did so within Over of T; 0 is 1 pod at T.
	N    int      `json:"n,omitempty"`
	Over sim.Time `json:"over,omitempty"`
	Text string   `json:"text,omitempty"`
}

// Timeline is what happened in one run, ordered by time.
type Timeline struct {
	Entries []Entry
	// Watched are the API's kinds of which anything was received, sorted. Of others
	// nothing is known. It is nil when all is known, as of a simulation.
	Watched []string
}

// knows reports whether an entry of the kind would have been seen.
func (t *Timeline) knows(k Kind) bool {
	watch, one := watches[k]
	return !one || t.Watched == nil || slices.Contains(t.Watched, watch)
}

func (t *Timeline) sort() {
	slices.SortStableFunc(t.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(slices.Index(kindOrder, a.Kind), slices.Index(kindOrder, b.Kind)))
	})
}

// ofPods reports whether entries of the kind are about pods.
func (k Kind) ofPods() bool {
	return k == Created || k == Bound || k == Ready || k == Unready || k == Deleting || k == Gone
}

// ofSizes reports whether entries of the kind go from one number to another.
func (k Kind) ofSizes() bool { return k == Replicas || k == Desired || k == Scaled || k == Endpoints }

// what is the entry without its time, for readers: "created web r2 web-x7k2p".
func (e Entry) what() string {
	parts := []string{string(e.Kind)}
	if e.N > 1 {
		parts = append(parts, fmt.Sprint(e.N))
	}
	if e.Object != "" {
		parts = append(parts, e.Object)
	}
	if e.Revision > 0 {
		parts = append(parts, fmt.Sprintf("r%d", e.Revision))
	}
	if e.Kind.ofSizes() {
		parts = append(parts, fmt.Sprintf("%d→%d", e.From, e.To))
	}
	for _, s := range []string{e.Node, e.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}
