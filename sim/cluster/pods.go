package cluster

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster/describe"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// pod is a Pod in the API and, once bound, on its node. It observes its own
// life on the node.
type pod struct {
	world    *World
	api      *v1.Pod
	workload string
	ordinal  int      // of its workload's pods, in order of creation
	owner    podOwner // nil for a bare pod

	node     *node
	kubelet  *kubelet.Pod
	taken    bool     // by its kubelet, which may have started containers already
	started  sim.Time // when the kubelet took it: status.startTime
	samples  metricsserver.Pod
	servers  map[string]*load.Instance // by container
	message  string                    // of the last failed scheduling attempt
	evicted  string                    // the kubelet's message, when it evicts the pod
	over     bool                      // it has ended
	removed  bool
	requests record.Resources
	applied  []v1.Container // as the manifest of a bare pod has them

	deletedBy string // who had it deleted, where that is another than its owner
	exits     []exit
	lost      record.Deletion // why the pod garbage collector gave it up, which is why it is deleted, whoever comes first
}

// createPod is a pod sent to the API server: it takes it, or the error is its
// answer. A controller's sync fails with it (see settle).
func (w *World) createPod(o *v1.Pod, workload string, owner podOwner) error {
	if _, taken := w.pods.get(key(o.Namespace, o.Name)); taken {
		return apierrors.NewAlreadyExists(v1.Resource("pods"), o.Name)
	}
	if err := w.admission.Admit(o); err != nil {
		w.refused(workload, o, err)
		return err
	}
	w.taken(workload, "Pod")
	w.provideVolumes(o)
	p := &pod{
		world: w, api: o, workload: workload, owner: owner,
		ordinal: w.ordinal(workload), requests: describe.PodRequests(o), servers: map[string]*load.Instance{},
	}
	w.pods.put(key(o.Namespace, o.Name), p)
	if owner != nil {
		owner.addPod(p)
	}
	limits, unlimited := describe.MemoryLimits(o)
	w.record(record.PodCreated{
		At: w.at(), Pod: p.name(), Owner: workload,
		Revision: revisionOf(o, owner), For: targetOf(o, owner), Requests: p.requests,
		MemoryLimit: limits, Unlimited: unlimited, QOSClass: string(qos.GetPodQOS(o)),
	})
	if o.Spec.NodeName != "" {
		w.bound(p, o.Spec.NodeName)
		w.scheduler.upstream.AddPod(o)
	} else {
		w.scheduler.upstream.AddPod(o)
		w.scheduler.note(p)
	}
	w.scheduler.kick()
	p.changed()
	return nil
}

// ordinal counts the pods of a workload. Random streams of a pod are keyed by
// it, not by its name: the name holds a hash of the template, and a changed
// limit should not change the luck.
func (w *World) ordinal(workload string) int {
	if w.ordinals == nil {
		w.ordinals = map[string]int{}
	}
	w.ordinals[workload]++
	return w.ordinals[workload]
}

func (p *pod) name() string { return key(p.api.Namespace, p.api.Name) }

// write replaces the API object and tells the scheduler.
func (p *pod) write(change func(next *v1.Pod)) {
	old := p.api
	next := old.DeepCopy()
	change(next)
	p.world.serial++
	next.ResourceVersion = fmt.Sprint(p.world.serial)
	p.api = next
	p.world.replenish(old, next)
	p.world.scheduler.upstream.UpdatePod(old, next)
	p.world.scheduler.kick()
	if p.owner != nil {
		p.owner.podWritten()
	}
}

// changed tells everybody who watches pods.
func (p *pod) changed() {
	if p.owner != nil {
		p.owner.enqueue()
	}
	p.world.watchBudgets(p)
	p.tellServices()
}

func (p *pod) tellServices() {
	for _, s := range p.world.services.inOrder() {
		if s.selects(p.api) {
			s.changed()
		}
	}
}

// setCondition writes a condition with the whole-second time that the API
// keeps.
func (p *pod) setCondition(next *v1.Pod, kind v1.PodConditionType, status v1.ConditionStatus, reason, message string) {
	c := v1.PodCondition{Type: kind, Status: status, Reason: reason, Message: message,
		LastTransitionTime: metav1.NewTime(p.world.wall(p.world.loop.Now()).Truncate(time.Second))}
	for i := range next.Status.Conditions {
		if old := &next.Status.Conditions[i]; old.Type == kind {
			if old.Status == status {
				c.LastTransitionTime = old.LastTransitionTime
			}
			*old = c
			return
		}
	}
	next.Status.Conditions = append(next.Status.Conditions, c)
}

// delete begins the deletion of the pod with its own grace period, as the API
// server does: a pod without a node goes at once.
func (p *pod) delete(reason record.Deletion) {
	if p.removed || p.api.DeletionTimestamp != nil {
		return
	}
	if p.lost != "" {
		reason = p.lost
	}
	grace := int64(v1.DefaultTerminationGracePeriodSeconds)
	if p.api.Spec.TerminationGracePeriodSeconds != nil {
		grace = *p.api.Spec.TerminationGracePeriodSeconds
	}
	unbound := p.api.Spec.NodeName == "" || p.api.Status.Phase == v1.PodSucceeded || p.api.Status.Phase == v1.PodFailed
	if unbound {
		grace = 0
	}
	w := p.world
	length := time.Duration(grace) * time.Second
	w.record(record.PodDeleting{At: w.at(), Pod: p.name(), Reason: reason, Grace: sim.Time(length), By: p.deletedBy})
	if unbound {
		p.leave("")
		return
	}
	p.write(func(next *v1.Pod) {
		next.DeletionTimestamp = &metav1.Time{Time: w.wall(w.loop.Now()).Add(length).Truncate(time.Second)}
		next.DeletionGracePeriodSeconds = &grace
	})
	p.changed()
	w.loop.After(p.about(w.spec.Latencies.Kubelet, "kubelet stops"), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		switch {
		case p.unheard(): // it terminates until the node is back or the pod garbage collector comes
		case p.kubelet != nil:
			p.kubelet.Delete(now, length)
		default:
			p.ended() // the node had not begun with it
		}
	}))
}

// remove takes the pod out of the API.
func (p *pod) remove() {
	if p.removed {
		return
	}
	p.removed = true
	p.samples.Stop()
	w := p.world
	w.recordContainers(w.loop.Now(), p)
	p.stopPulling()
	w.record(record.PodGone{At: w.at(), Pod: p.name()})
	p.free()
	w.pods.remove(p.name())
	if p.over {
		w.lifecycle.over--
	}
	w.replenish(p.api, nil)
	if p.owner != nil {
		p.owner.removePod(p)
	}
	w.lifecycle.podChanged(p.api, nil)
	w.scheduler.upstream.DeletePod(p.api)
	w.scheduler.kick()
	p.changed()
}

// free gives back what the pod requested of its node.
func (p *pod) free() {
	if p.node != nil {
		p.node.pool.request(p.world.loop.Now(), p.requests, -1)
		p.node = nil
	}
}

// The pod as kubelet.Observer.

func (p *pod) Waiting(_ sim.Time, container, reason, message string) {
	p.world.record(record.ContainerWaiting{At: p.world.at(), Pod: p.name(), Container: container, Reason: reason, Message: message})
}

func (p *pod) Pulled(_ sim.Time, image string, bytes int64, wait, took time.Duration) {
	p.world.record(record.ImagePulled{At: p.world.at(), Pod: p.name(), Node: p.api.Spec.NodeName, Image: image,
		Bytes: bytes, Wait: sim.Time(wait), Took: sim.Time(took)})
}

func (p *pod) Started(_ sim.Time, container string, restarts int32) {
	p.world.record(record.ContainerStarted{At: p.world.at(), Pod: p.name(), Container: container, Restarts: restarts})
	p.write(func(next *v1.Pod) {
		p.firstStatus(next)
		p.tellExits(next)
		status := containerStatus(next, container)
		status.RestartCount = restarts
		status.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.NewTime(p.world.wall(p.world.loop.Now()).Truncate(time.Second))}}
		if p.allStarted(next) {
			next.Status.Phase = v1.PodRunning
		}
	})
	p.tellServices() // it has an address
}

func (p *pod) allStarted(next *v1.Pod) bool {
	for _, c := range next.Spec.Containers {
		if s := containerStatus(next, c.Name); s.State.Running == nil && s.RestartCount == 0 {
			return false
		}
	}
	return true
}

func (p *pod) Serving(_ sim.Time, container string, took time.Duration) {
	p.world.record(record.ContainerServing{At: p.world.at(), Pod: p.name(), Container: container, Took: sim.Time(took)})
}

func (p *pod) Exited(now sim.Time, container string, t kubelet.Terminated) {
	p.world.record(record.ContainerExited{
		At: p.world.at(), Pod: p.name(), Container: container, ExitCode: t.Code, Reason: t.Reason, Cause: record.ExitCause(t.Cause),
		Message: t.Message, Uptime: sim.Time(t.Uptime), Memory: t.Memory, Limit: t.Limit, InFlight: t.InFlight,
	})
	if p.unheard() {
		return
	}
	ended := metav1.NewTime(p.world.wall(now).Truncate(time.Second))
	p.exits = append(p.exits, exit{container, v1.ContainerStateTerminated{ExitCode: t.Code, Reason: t.Reason, FinishedAt: ended}})
}

// exit is the end of a container's process that the API has not been told of.
type exit struct {
	container string
	state     v1.ContainerStateTerminated
}

// tellExits fills in what has ended: the kubelet finds that at its next relist,
// and tells it with what it then does or finds.
func (p *pod) tellExits(next *v1.Pod) {
	for _, e := range p.exits {
		containerStatus(next, e.container).State = v1.ContainerState{Terminated: &e.state}
	}
	p.exits = nil
}

func (p *pod) ProbeFailed(_ sim.Time, container, probe, message string) {
	p.world.record(record.ProbeFailed{At: p.world.at(), Pod: p.name(), Container: container, Probe: probe, Message: message})
}

func (p *pod) Ready(_ sim.Time, ready bool) {
	if !ready && !podutil.IsPodReady(p.api) {
		return // the node lifecycle controller has said so
	}
	p.world.record(record.PodReady{At: p.world.at(), Pod: p.name(), Ready: ready})
	status, reason := v1.ConditionTrue, ""
	if !ready {
		status, reason = v1.ConditionFalse, "ContainersNotReady"
	}
	p.write(func(next *v1.Pod) {
		p.tellExits(next)
		p.setCondition(next, v1.ContainersReady, status, reason, "")
		p.setCondition(next, v1.PodReady, status, reason, "")
	})
	p.changed()
	if o, watches := p.owner.(readyWatcher); watches && ready {
		o.podReady()
	}
}

func (p *pod) Finished(_ sim.Time, phase v1.PodPhase) {
	p.world.record(record.PodFinished{At: p.world.at(), Pod: p.name(), Phase: string(phase)})
	p.free()
	p.write(func(next *v1.Pod) {
		p.tellExits(next)
		next.Status.Phase = phase
		p.sayEvicted(next)
	})
	p.world.lifecycle.podEnded(p)
	p.changed()
}

func (p *pod) Gone(sim.Time) { p.ended() }

// containerStatus finds or adds the status of a container.
func containerStatus(o *v1.Pod, name string) *v1.ContainerStatus {
	list := &o.Status.ContainerStatuses
	for i := range o.Spec.InitContainers {
		if o.Spec.InitContainers[i].Name == name {
			list = &o.Status.InitContainerStatuses
		}
	}
	if s, known := podutil.GetContainerStatus(*list, name); known {
		for i := range *list {
			if (*list)[i].Name == s.Name {
				return &(*list)[i]
			}
		}
	}
	*list = append(*list, v1.ContainerStatus{Name: name})
	return &(*list)[len(*list)-1]
}

func nameOf(o runtime.Object) (kind, namespace, name string) {
	kind = o.GetObjectKind().GroupVersionKind().Kind
	if kind == "" {
		kind = fmt.Sprintf("%T", o)
		for i := len(kind) - 1; i >= 0; i-- {
			if kind[i] == '.' {
				kind = kind[i+1:]
				break
			}
		}
	}
	if m, ok := o.(metav1.Object); ok {
		namespace, name = m.GetNamespace(), m.GetName()
	}
	return kind, namespace, name
}
