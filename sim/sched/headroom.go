package sched

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
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
	start := s.searchStart(profile)
	var placed []*binding
	count, message, err := s.fill(profile, pod, max, &placed)
	for i := len(placed) - 1; i >= 0; i-- {
		b := placed[i]
		b.profile.RunReservePluginsUnreserve(b.ctx, b.state, b.assumed.Pod, b.node)
		err = errors.Join(err, s.snapshot.ForgetPod(s.logger, b.assumed.Pod))
	}
	s.setSearchStart(profile, start)
	s.effects.reset()
	return count, message, err
}

func (s *Scheduler) fill(p *profile, pod *v1.Pod, max int, placed *[]*binding) (int, string, error) {
	for i := range max {
		info, err := framework.NewPodInfo(headroomCopy(pod, i))
		if err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		a, _ := s.newAttempt(p, &framework.QueuedPodInfo{PodInfo: info})
		found, err := s.upstream.SchedulePod(a.ctx, p, a.state, a.info)
		var unfit *framework.FitError
		if errors.As(err, &unfit) || errors.Is(err, scheduler.ErrNoNodesAvailable) {
			return i, err.Error(), nil
		}
		if err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		info.Pod.Spec.NodeName = found.SuggestedHost
		if err := s.snapshot.AssumePod(info); err != nil {
			return i, "", fmt.Errorf("pod %s: %w", keyOf(pod), err)
		}
		*placed = append(*placed, &binding{attempt: a, assumed: a.info, node: found.SuggestedHost})
		if status := p.RunReservePluginsReserve(a.ctx, a.state, info.Pod, found.SuggestedHost); !status.IsSuccess() {
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

// Above 100 nodes a search starts where the last one ended (schedule_one.go,
// nextStartNodeIndex). That index is private, so it is read and moved by
// searches that find nothing: one over all nodes ends where it started, one
// over n nodes moves it by n.

// fruitless is a profile in whose eyes no node fits any pod.
type fruitless struct {
	framework.Framework
	only  sets.Set[string] // nodes to look at, nil for all
	first string           // the first looked at
}

func (f *fruitless) RunPreFilterPlugins(context.Context, fwk.CycleState, *v1.Pod) (*fwk.PreFilterResult, *fwk.Status,
	sets.Set[string]) {
	return &fwk.PreFilterResult{NodeNames: f.only}, nil, nil
}

func (f *fruitless) HasFilterPlugins() bool { return true }

func (f *fruitless) RunFilterPluginsWithNominatedPods(_ context.Context, _ fwk.CycleState, _ *v1.Pod,
	node fwk.NodeInfo) *fwk.Status {
	if f.first == "" {
		f.first = node.Node().Name
	}
	return fwk.NewStatus(fwk.Unschedulable)
}

func (s *Scheduler) search(f *fruitless) {
	info := &framework.QueuedPodInfo{PodInfo: &framework.PodInfo{Pod: &v1.Pod{}}}
	// It fails by design.
	_, _ = s.upstream.SchedulePod(s.ctx, f, framework.NewCycleState(), info)
}

// searchStart is the node at which the next search starts, "" without nodes.
func (s *Scheduler) searchStart(p *profile) string {
	f := &fruitless{Framework: p}
	s.search(f)
	return f.first
}

// setSearchStart makes the next search start at a node.
func (s *Scheduler) setSearchStart(p *profile, start string) {
	current := s.searchStart(p)
	if current == start {
		return
	}
	nodes, err := s.snapshot.NodeInfos().List()
	if err != nil {
		return
	}
	from, to := 0, 0
	for i, node := range nodes {
		switch node.Node().Name {
		case current:
			from = i
		case start:
			to = i
		}
	}
	steps := (to - from + len(nodes)) % len(nodes)
	f := &fruitless{Framework: p, only: sets.New[string]()}
	for _, node := range nodes[:steps] {
		f.only.Insert(node.Node().Name)
	}
	s.search(f)
}
