package finding

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// patience is how long a pod that the scheduler has not refused may wait: the
// end of a run can fall between its creation and its binding.
const patience = sim.Time(10 * time.Second)

// findUnschedulable tells of pods that wait to the end: of those that no node
// could ever hold, and of those for which there was no room. Pods of a rollout
// that waits for its own old pods are left to findRolloutsWithoutRoom.
func findUnschedulable(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, message := range slices.Sorted(maps.Keys(w.Evidence.Waits)) {
			wait := w.Evidence.Waits[message]
			untried := message == "" && wait.Longest < patience
			if wait.AtEnd == 0 || untried || waitsInRollout(w, wait.Example) || tells(&w.Evidence.Daemons, wait.Example) {
				continue
			}
			what := fmt.Sprintf("%s found no node%s", words.CountOf(wait.AtEnd, "pod"), f.inRuns(wait.Runs))
			if message != "" {
				what += fmt.Sprintf(" (%s)", strings.TrimSuffix(message, "."))
			}
			lack, change := f.mendScheduling(w, wait.Example)
			if lack == "" && w.More.Helpless() {
				lack = "more nodes like those that are there would not help"
			}
			if lack != "" {
				what += "; " + lack
			}
			all = append(all, result.Finding{What: what + ".", Change: change})
		}
		return all
	})
}

// waitsInRollout reports whether the pod belongs to a rollout after the first.
func waitsInRollout(t *fold.WorkloadTotals, p *fold.Pod) bool {
	for _, ro := range t.Rollouts {
		if ro.Stuck != nil && !ro.Stuck.Initial && ro.Stuck.Revision == p.Revision {
			return true
		}
	}
	return false
}

// neverFits says what of the requests exceeds every node, even an empty one.
func (f *facts) neverFits(requests record.Resources) (lack, change string) {
	if len(f.Run.Nodes) == 0 {
		return "there are no nodes", "Add a pool of nodes."
	}
	var most result.Amounts
	for _, n := range f.Run.Nodes {
		most.Raise(result.AmountsOf(n.Allocatable))
		if takes(n.Allocatable, requests) {
			return "", ""
		}
	}
	r := result.AmountsOf(requests)
	for _, c := range []struct {
		name           string
		asked, largest float64
		text           func(float64) string
	}{
		{"cpu", r.CPU, most.CPU, words.Cores},
		{"memory", r.Memory, most.Memory, words.Bytes},
		{"nvidia.com/gpu", r.GPU, most.GPU, func(x float64) string { return words.Digits(x, 3) }},
	} {
		if c.asked > c.largest {
			return tooLarge(c.name, c.text(c.asked), c.text(c.largest))
		}
	}
	storage := int64(0)
	for _, n := range f.Run.Nodes {
		storage = max(storage, n.Allocatable.Storage)
	}
	if requests.Storage > storage {
		return tooLarge("ephemeral-storage", words.Bytes(float64(requests.Storage)), words.Bytes(float64(storage)))
	}
	for _, name := range slices.Sorted(maps.Keys(requests.Extended)) {
		largest := 0.0
		for _, n := range f.Run.Nodes {
			largest = max(largest, n.Allocatable.Extended[name])
		}
		if asked := requests.Extended[name]; asked > largest {
			return tooLarge(name, words.Digits(asked, 3), words.Digits(largest, 3))
		}
	}
	return "no node can ever hold it: none has all of what it requests at once", "Add an instance type that has."
}

// tooLarge tells of a request that exceeds what the largest node has.
func tooLarge(resource, asked, largest string) (lack, change string) {
	change = fmt.Sprintf("Lower requests of %s to at most %s or add a larger instance type.", resource, largest)
	if largest == "0" {
		change = fmt.Sprintf("Drop the requests of %s or add an instance type that has it.", resource)
	}
	return fmt.Sprintf("no node can ever hold it: it requests %s of %s, the largest node has %s", asked, resource,
		largest), change
}

// takes reports whether an empty node has what is requested.
func takes(allocatable, requests record.Resources) bool {
	for _, name := range slices.Sorted(maps.Keys(requests.Extended)) {
		if requests.Extended[name] > allocatable.Extended[name] {
			return false
		}
	}
	return requests.Storage <= allocatable.Storage &&
		result.Fits(result.AmountsOf(requests), result.AmountsOf(allocatable))
}

// lasting are the reasons of the scheduler's last message that its first had, too:
// a cordon or a taint that came later is not what keeps a pod away that no node
// took before. When the first message has none of them all count.
func lasting(p *fold.Pod) []upstream.NodeReason {
	last, first := upstream.NodeReasons(p.Message), upstream.NodeReasons(p.First)
	var both []upstream.NodeReason
	for _, r := range last {
		if slices.ContainsFunc(first, func(o upstream.NodeReason) bool {
			return upstream.ShortReason(o.Reason) == upstream.ShortReason(r.Reason)
		}) {
			both = append(both, r)
		}
	}
	if len(both) == 0 {
		return last
	}
	return both
}

// roomOfOthers reports whether pods that end could be what a pod waits for.
func roomOfOthers(p *fold.Pod) bool {
	return len(upstream.NodeReasons(p.Message)) == 0 || slices.ContainsFunc(lasting(p), func(r upstream.NodeReason) bool {
		switch upstream.ShortReason(r.Reason) {
		case "node affinity/selector", "taints", "cordoned nodes", "volume node affinity":
			return false
		}
		return true
	})
}

// mendScheduling is the change for a pod that the scheduler refuses, and what no
// node can give it.
func (f *facts) mendScheduling(w *fold.WorkloadTotals, p *fold.Pod) (lack, change string) {
	if p.Message == upstream.SchedulingGated {
		return "nothing in the run takes its schedulingGates away, and no node can help",
			"Take the schedulingGates out of the pod, or begin with pods that their controller has let in (a queue such as Kueue is not simulated)."
	}
	if lack, change := f.mendVolumes(p); change != "" {
		return lack, change
	}
	if lack, change := f.mendDevices(p); change != "" {
		return lack, change
	}
	if lack, change := f.neverFits(p.Requests); lack != "" {
		return lack, change
	}
	var changes []string
	for _, r := range lasting(p) {
		switch short := upstream.ShortReason(r.Reason); {
		case strings.HasPrefix(r.Reason, "Insufficient "):
			changes = appendNew(changes, either(f.addNode(w), "lower the requests of "+strings.TrimPrefix(r.Reason, "Insufficient ")))
		case short == "taints":
			changes = appendNew(changes, "tolerate the taint")
		case short == "node affinity/selector":
			changes = appendNew(changes, "label nodes to match its nodeSelector or affinity")
		case short == "pod anti-affinity":
			changes = appendNew(changes, either(f.addNode(w), "make the podAntiAffinity preferred"))
		case short == "topology spread":
			changes = appendNew(changes, "set whenUnsatisfiable: ScheduleAnyway or add nodes to the short domains")
		case short == "cordoned nodes":
			changes = appendNew(changes, "uncordon a node")
		case short == "pods per node":
			changes = appendNew(changes, "add nodes or raise their maximum of pods")
		}
	}
	if len(changes) == 0 {
		changes = []string{f.addNode(w)}
	}
	if change = strings.Join(changes, "; or "); change == "" {
		return "", "Look at what the scheduler says of the nodes: what they lack is no room."
	}
	return "", words.Capital(change) + "."
}

// either are two ways, of which one may be none.
func either(first, second string) string {
	switch {
	case first == "":
		return second
	case second == "":
		return strings.TrimSuffix(first, ",")
	}
	return first + " or " + second
}

// findConfigErrors tells of containers that lack a Secret or ConfigMap, or their image.
func findConfigErrors(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, e := range configErrors(&w.Evidence) {
			what, change := "can't be created", mendConfig(e.Message, record.ParseKey(key).Namespace)
			if e.Reason == "ErrImagePull" {
				what = "does not get its image"
				change = "Push the image, or mend its name or the pod's imagePullSecrets, before it is rolled out."
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s %s%s: %s (%s).", e.Container, what,
					f.inRuns(w.Evidence.Config[e].Runs), e.Message, e.Reason),
				Change: change,
			})
		}
		return all
	})
}

func mendConfig(message, namespace string) string {
	if kind, name, is := upstream.MissingConfig(message); is {
		return fmt.Sprintf("Create the %s %s in namespace %s, or set optional: true where it is referred to.", kind, name,
			namespace)
	}
	return "Create what it refers to, or set optional: true there."
}
