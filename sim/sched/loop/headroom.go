package loop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// headroomLimit is how many more replicas are tried at the most.
const headroomLimit = 1000

// Headroom records how many more replicas of a workload the quotas would admit
// and the scheduler could place now.
func (s *Scheduler) Headroom(c manager.Candidate) {
	if err := s.Admission.Prepare(c.Pod); err != nil {
		s.Record(record.Headroom{At: s.At(), Workload: c.Workload, Message: err.Error()})
		return
	}
	if name := c.Pod.Spec.SchedulerName; !slices.Contains(s.upstream.SchedulerNames(), name) {
		s.Record(record.Headroom{At: s.At(), Workload: c.Workload, Message: fmt.Sprintf("no scheduler of the name %q runs",
			name)})
		return
	}
	allowed, refusal := s.Admission.Room(c.Pod, headroomLimit)
	// One more than the quotas allow tells as much as all of them.
	n, message, err := s.upstream.Headroom(c.Pod, min(allowed+1, headroomLimit))
	if err != nil {
		s.Fail(fmt.Errorf("headroom of %s: %w", c.Workload, err))
		return
	}
	r := record.Headroom{At: s.At(), Workload: c.Workload, Replicas: n, Capped: n >= headroomLimit, Message: message}
	if refusal != nil && allowed < n {
		r.Replicas, r.Capped, r.Message = allowed, false, refusal.Error()
		_, r.Quota, _ = strings.Cut(refusal.Policy, " ")
	}
	s.Record(r)
}
