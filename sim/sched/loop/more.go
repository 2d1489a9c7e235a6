package loop

import (
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// moreLimit is how many waiting pods of a workload are tried at the most.
const moreLimit = 50

// MoreNodes records how many more nodes of each pool would take the pods that wait now, by
// workload. Pods that wait for a gate or for claims of devices, which nodes alone don't
// have, are left out.
func (s *Scheduler) MoreNodes(nodes []*v1.Node, pools map[string]string) {
	waiting := map[string][]*v1.Pod{}
	for p := range s.Pods() {
		o := p.Object()
		if p.Node() == "" && !p.Deleting() && len(o.Spec.SchedulingGates)+len(o.Spec.ResourceClaims) == 0 {
			waiting[p.Workload] = append(waiting[p.Workload], o)
		}
	}
	like := map[string][]*v1.Node{}
	for _, n := range nodes {
		like[pools[n.Name]] = append(like[pools[n.Name]], n)
	}
	for _, workload := range slices.Sorted(maps.Keys(waiting)) {
		for _, pool := range slices.Sorted(maps.Keys(like)) {
			s.more(workload, waiting[workload], pool, like[pool])
		}
	}
}

func (s *Scheduler) more(workload string, pods []*v1.Pod, pool string, like []*v1.Node) {
	r := record.MoreNodes{At: s.At(), Workload: workload, Pool: pool, Waiting: len(pods), Capped: len(pods) > moreLimit}
	tried := pods[:min(len(pods), moreLimit)]
	nodes, placed, err := s.upstream.More(tried, like, len(tried))
	if err != nil {
		s.Fail(fmt.Errorf("more nodes of pool %s for %s: %w", pool, workload, err))
		return
	}
	r.Nodes, r.Placed = nodes, placed
	s.Record(r)
}
