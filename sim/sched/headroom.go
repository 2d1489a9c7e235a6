package sched

import (
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Headroom is how many more copies of a pod, at most max, would be placed one
// after the other on the cluster as it is, by the same algorithm and without
// preemption; and upstream's message about the first that doesn't fit, "" when
// max are placed. Scheduling gates of the pod are not considered. The copies
// exist in the snapshot only; afterwards everything is as it was before.
//
// Errors: no profile has the pod's scheduler name, or a plugin failed.
func (s *Scheduler) Headroom(pod *v1.Pod, max int) (int, string, error) {
	profile := s.profiles[pod.Spec.SchedulerName]
	if profile == nil {
		return 0, "", fmt.Errorf("pod %s: schedulerName: must be one of %q, got %q", keyOf(pod), s.SchedulerNames(),
			pod.Spec.SchedulerName)
	}
	if err := s.upstream.Cache.UpdateSnapshot(s.logger, s.snapshot); err != nil {
		return 0, "", err
	}
	s.effects.reset()
	if count, message, ok := s.fillEachNode(profile, pod, max); ok {
		return count, message, nil
	}
	return s.fillOneByOne(profile, pod, max)
}

// fillOneByOne is Headroom by the scheduler's own algorithm, copy after copy.
func (s *Scheduler) fillOneByOne(profile *profile, pod *v1.Pod, max int) (int, string, error) {
	start := s.search.start
	var placed []*binding
	filled := generations{}
	count, message, err := s.fill(profile, pod, 0, max, &placed, filled)
	err = errors.Join(err, s.empty(placed, filled))
	s.search.start = start
	return count, message, err
}

// empty takes copies out of the snapshot.
func (s *Scheduler) empty(placed []*binding, filled generations) (err error) {
	for i := len(placed) - 1; i >= 0; i-- {
		b := placed[i]
		b.profile.RunReservePluginsUnreserve(b.ctx, b.state, b.assumed.Pod, b.node)
		err = errors.Join(err, s.snapshot.ForgetPod(s.logger, b.assumed.Pod))
	}
	filled.restore()
	s.effects.reset()
	return err
}

// generations are those that nodes had before copies came to them. A snapshot's node keeps its
// generation when a pod is assumed there (snapshot.go, AssumePod), by which verdicts and counts
// of pods would take it for unchanged.
type generations map[*framework.NodeInfo]int64

// mark gives a node a generation that none ever had.
func (g generations) mark(s *Scheduler, node string) error {
	n, err := s.snapshot.Get(node)
	if err != nil {
		return err
	}
	info := n.(*framework.NodeInfo)
	if _, is := g[info]; !is {
		g[info] = info.Generation
	}
	s.imagined--
	info.Generation = s.imagined
	return nil
}

func (g generations) restore() {
	for info, generation := range g {
		info.Generation = generation
	}
}

// fill places copies of a pod, whose names count from the first on.
func (s *Scheduler) fill(p *profile, pod *v1.Pod, first, max int, placed *[]*binding, filled generations) (int, string,
	error) {
	for i := range max {
		copied := headroomCopy(pod, first+i)
		defer s.claimsOfCopy(copied)()
		info, err := framework.NewPodInfo(copied)
		if err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		a, _ := s.newAttempt(p, &framework.QueuedPodInfo{PodInfo: info})
		node, err := s.choose(a)
		var unfit *framework.FitError
		if errors.As(err, &unfit) || errors.Is(err, scheduler.ErrNoNodesAvailable) {
			return i, err.Error(), nil
		}
		if err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		info.Pod.Spec.NodeName = node
		if err := s.snapshot.AssumePod(info); err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		if err := filled.mark(s, node); err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		*placed = append(*placed, &binding{attempt: a, assumed: a.info, node: node})
		if status := p.RunReservePluginsReserve(a.ctx, a.state, info.Pod, node); !status.IsSuccess() {
			return i, status.Message(), nil
		}
	}
	return max, "", nil
}

// headroomCopy is the i-th copy of a pod, pending and with a name that no
// object can have.
func headroomCopy(pod *v1.Pod, i int) *v1.Pod {
	c := pod.DeepCopy()
	c.Name = fmt.Sprintf("%s/headroom-%d", pod.Name, i)
	c.UID = types.UID(c.Name)
	c.DeletionTimestamp = nil
	c.Spec.NodeName = ""
	c.Spec.SchedulingGates = nil
	c.Status = v1.PodStatus{Phase: v1.PodPending}
	for i := range c.Spec.Volumes { // nobody makes the claim of a copy, which the scheduler would wait for
		if v := &c.Spec.Volumes[i]; v.Ephemeral != nil {
			v.VolumeSource = v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}
		}
	}
	return c
}
