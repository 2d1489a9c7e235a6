package story

import (
	"fmt"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// tellMore adds what no Event tells of a record.
func (s *Story) tellMore(r record.Record) {
	switch r := r.(type) {
	case record.ContainerWaiting:
		if r.Until > 0 {
			s.note(r.T, "BackOff", "Pod "+r.Pod, backOff(r))
		}
	case record.ProbePassed:
		s.note(r.T, "Probe", "Pod "+r.Pod, passed(r))
	case record.PodEvicted:
		if r.Among > 0 {
			s.note(r.T, "Evicted", "Pod "+r.Pod, chosen(r))
		}
	case record.PodFinished:
		if r.Reason == record.Terminated {
			s.note(r.T, r.Reason, "Pod "+r.Pod, "has ended with its node's shutdown")
		}
	case record.NodeTainted:
		s.note(r.T, "Tainted", "Node "+r.Node, tainted(r))
	case record.NodeChanged:
		switch {
		case r.Lease > 0:
			s.note(r.T, "Lease", "Node "+r.Node, "its kubelet renewed its lease at "+words.Clock(r.Lease)+" for the last time")
		case r.Phase == record.NodePressed:
			s.note(r.T, "MemoryPressure", "Node "+r.Node, "kubelet has insufficient memory available")
		case r.Phase == record.NodeDiskPressed:
			s.note(r.T, "DiskPressure", "Node "+r.Node, "kubelet has disk pressure")
		case r.Phase == record.NodeDiskRelieved:
			s.note(r.T, "DiskPressure", "Node "+r.Node, "kubelet has no disk pressure")
		case r.Phase == record.NodeRelieved:
			s.note(r.T, "MemoryPressure", "Node "+r.Node, "kubelet has sufficient memory available")
		}
	}
}

func (s *Story) note(t sim.Time, reason, object, text string) {
	s.notes = append(s.notes, result.Note{T: t, Reason: reason, Object: object, Text: text})
}

// backOff says until when a container waits, and from which exit on. The kubelet looks
// again somewhat later: at the next second of its loop after up to half of the rest more.
func backOff(r record.ContainerWaiting) string {
	return fmt.Sprintf("container %s waits until %s: back-off %s after its exit at %s", r.Container, words.Clock(r.Until),
		words.Time(r.Until-r.Exit), words.Clock(r.Exit))
}

// passed says which probe made a container ready, or started.
func passed(r record.ProbePassed) string {
	is := map[string]string{"readiness": "ready", "startup": "started"}[r.Probe]
	by := "in its period"
	if r.Asked {
		by = "by a probe that a sync of the pod asked for, out of turn"
	}
	return fmt.Sprintf("container %s is %s: %s probe succeeded, %s", r.Container, is, r.Probe, by)
}

// chosen says why a pod was the first to go (pkg/kubelet/eviction/helpers.go,
// rankMemoryPressure).
func chosen(r record.PodEvicted) string {
	if r.Exceeded != nil {
		return "its own limit: what other pods use does not matter"
	}
	among := fmt.Sprintf("chosen among %s: ", words.CountOf(r.Among, "pod"))
	if r.Among == 1 {
		among = "the only pod there: "
	}
	over := r.Used - r.Requested
	switch used := words.Bytes(float64(r.Used)); {
	case r.Unknown:
		return among + "the node has no statistics of it, as none of its containers ran; such pods go first"
	case over > 0:
		return fmt.Sprintf(
			"%sit used %s, %s more than it requests, at priority %d; of those that use more than they request "+
				"the lowest priority goes first, then who uses most above its request", among, used, words.Bytes(float64(over)),
			r.Priority)
	default:
		return fmt.Sprintf("%sit used %s of the %s that it requests, at priority %d; none used more than it requests", among,
			used, words.Bytes(float64(r.Requested)), r.Priority)
	}
}

// tainted lists the taints that a node has from here on.
func tainted(r record.NodeTainted) string {
	if len(r.Taints) == 0 {
		return "has no taints any more"
	}
	return "has the taints " + strings.Join(r.Taints, ", ")
}
