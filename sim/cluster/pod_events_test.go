package cluster_test

import (
	"strings"
	"testing"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// podEvent is what happened to a pod: "created", "bound", "ready", "unready",
// the reason of its deletion or "gone".
type podEvent struct {
	after     sim.Time // since the instant asked for
	what      string
	pod, node string // node is empty before it is bound
}

// podEvents are those from an instant on. That a pod stops being Ready while it
// terminates is left out.
func podEvents(t *testing.T, spec *cluster.Spec, from float64) (list []podEvent) {
	t.Helper()
	node, deleting := map[string]string{}, map[string]bool{}
	for _, r := range play(t, spec, 0) {
		var what, pod string
		switch r := r.(type) {
		case record.PodCreated:
			what, pod = "created", r.Pod
			delete(deleting, pod)
			delete(node, pod)
		case record.PodScheduled:
			what, pod = "bound", r.Pod
			node[pod] = r.Node
		case record.PodReady:
			if !r.Ready && deleting[r.Pod] {
				continue
			}
			what, pod = map[bool]string{true: "ready", false: "unready"}[r.Ready], r.Pod
		case record.PodDeleting:
			what, pod = string(r.Reason), r.Pod
			deleting[pod] = true
		case record.PodGone:
			what, pod = "gone", r.Pod
		default:
			continue
		}
		if after := r.(interface{ When() record.At }).When().T - at(from); after >= 0 {
			_, name, _ := strings.Cut(pod, "/")
			list = append(list, podEvent{after, what, name, node[pod]})
		}
	}
	return list
}
