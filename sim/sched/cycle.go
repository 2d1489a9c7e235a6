package sched

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// Result is what one scheduling cycle decided.
type Result struct {
	// Pod is the pod as the caller handed it over last.
	Pod *v1.Pod
	// Node is where the pod is to be bound, "" when it was rejected. Until the
	// scheduler is told of the outcome (UpdatePod, BindFailed or DeletePod) it
	// counts the pod on that node.
	Node string
	// Volumes are what has to be written and awaited before that.
	Volumes Volumes
	// Claims is how many requests ClaimDevices sends before that, after the volumes.
	Claims int
	// Message says why the pod was rejected, as in its PodScheduled condition:
	// "0/3 nodes are available: 3 Insufficient cpu. preemption: …".
	Message string
	// Reason is that condition's: Unschedulable or SchedulerError.
	Reason string
	// NominatedNode is what the pod's status.nominatedNodeName must be after
	// the cycle. The caller sets it and calls UpdatePod.
	NominatedNode string
	// Victims are to be deleted by the caller to make room for the pod, which is
	// not tried again until the caller tells of it (Preempted).
	Victims []Victim
	// Denominated are pods of lower priority whose nomination to NominatedNode
	// is void. The caller clears their status.nominatedNodeName, before it deletes
	// the victims, and calls UpdatePod.
	Denominated []*v1.Pod
	// UnschedulablePlugins rejected the pod, sorted.
	UnschedulablePlugins []string
}

// Victim is a pod that has to go.
type Victim struct {
	Pod *v1.Pod
	// Message is that of the condition DisruptionTarget, whose reason is
	// PreemptionByScheduler. The caller sets it before it deletes the pod: a
	// preemptor waits for victims that carry it.
	Message string
	// Event is the note of the pod's event Preempted.
	Event string
}

var clearNomination = &fwk.NominatingInfo{NominatingMode: fwk.ModeOverride}

// ScheduleOne takes the first pod of the queue through a scheduling cycle, as
// schedule_one.go's scheduleOnePod does up to binding. It returns false when
// there is no pod to try.
func (s *Scheduler) ScheduleOne() (Result, bool) {
	if !s.Take() {
		return Result{}, false
	}
	return s.Try(), true
}

// Take takes the first pod out of the queue, for Try. It returns false when there
// is no pod to try.
func (s *Scheduler) Take() bool {
	s.begin(false)
	for {
		// An error means that only pods that wait out an error are left.
		entity, err := s.upstream.NextEntity(s.logger)
		if err != nil || entity == nil {
			return false
		}
		info, ok := entity.(*framework.QueuedPodInfo)
		if !ok {
			panic(fmt.Sprintf("sched: %T in the queue, with feature gate GenericWorkload off", entity))
		}
		profile := s.profiles[info.Pod.Spec.SchedulerName]
		if profile == nil || s.skip(info.Pod) {
			s.upstream.SchedulingQueue.Done(info.Pod.UID)
			s.took()
			continue
		}
		s.taken = taken{profile, info}
		return true
	}
}

// taken is a pod under way from the queue to its scheduling cycle.
type taken struct {
	profile *profile
	info    *framework.QueuedPodInfo
}

// Try takes the pod that was taken out of the queue through its cycle. The
// Result has no Pod when that is gone meanwhile, or another one of its name there.
func (s *Scheduler) Try() Result {
	t := s.taken
	s.taken = taken{}
	s.begin(true)
	if p := s.pod(keyOf(t.info.Pod)); p == nil || p.UID != t.info.Pod.UID {
		s.upstream.SchedulingQueue.Done(t.info.Pod.UID)
		return Result{}
	}
	return s.cycle(t.profile, t.info)
}

// skip is skipPodSchedule: the pod is being deleted, or came to the queue
// again while it was being assumed.
func (s *Scheduler) skip(pod *v1.Pod) bool {
	assumed, err := s.upstream.Cache.IsAssumedPod(pod)
	return pod.DeletionTimestamp != nil || (err == nil && assumed)
}

// attempt is a scheduling cycle under way.
type attempt struct {
	ctx     context.Context
	state   fwk.CycleState
	profile *profile
	info    *framework.QueuedPodInfo
	class   *podClass // nil where verdicts of classes don't apply
	premise *premise  // nil where each plugin finds out anew
	refusal *refusal  // by all nodes, of the class
	// nominating is what a failure says about the pod's nomination; nil leaves
	// it as it is.
	nominating *fwk.NominatingInfo
}

// newAttempt is a cycle in which no plugin's duration is measured: upstream
// draws lots for that.
func (s *Scheduler) newAttempt(p *profile, info *framework.QueuedPodInfo) (*attempt, *framework.PodsToActivate) {
	state := framework.NewCycleState()
	activate := framework.NewPodsToActivate()
	state.Write(framework.PodsToActivateKey, activate)
	return &attempt{ctx: s.ctx, state: state, profile: p, info: info, nominating: clearNomination}, activate
}

// cycle is schedulingCycle and what scheduleOnePod does with its outcome.
func (s *Scheduler) cycle(p *profile, info *framework.QueuedPodInfo) Result {
	s.effects.reset()
	a, activate := s.newAttempt(p, info)
	node, status := s.place(a)
	if status.IsSuccess() {
		var assumed *framework.QueuedPodInfo
		a.nominating = clearNomination
		assumed, status = s.assume(a, node)
		if status.IsSuccess() {
			if len(activate.Map) > 0 {
				s.upstream.SchedulingQueue.Activate(s.logger, activate.Map)
			}
			// bindingCycle calls Done before PreBind: from here on the pod is
			// never unschedulable, at worst its binding fails.
			s.upstream.SchedulingQueue.Done(info.Pod.UID)
			s.binding[info.Pod.UID] = &binding{attempt: a, assumed: assumed, node: node}
			return Result{Pod: s.pod(keyOf(info.Pod)), Node: node, Volumes: s.preBind(a, assumed.Pod, node),
				Claims: s.claimCalls(info.Pod, node)}
		}
		a.info = assumed
	}
	return s.fail(a, status)
}

// place is schedulingAlgorithm: it finds a node, or tries to make room.
func (s *Scheduler) place(a *attempt) (string, *fwk.Status) {
	if err := s.upstream.Cache.UpdateSnapshot(s.logger, s.snapshot); err != nil {
		return "", fwk.AsStatus(err)
	}
	choose := s.choose
	if s.room.exact {
		choose = s.exactly
	}
	node, err := choose(a)
	if err == nil {
		return node, nil
	}
	if errors.Is(err, scheduler.ErrNoNodesAvailable) {
		return "", fwk.NewStatus(fwk.UnschedulableAndUnresolvable).WithError(err)
	}
	var unfit *framework.FitError
	if !errors.As(err, &unfit) {
		return "", fwk.AsStatus(err)
	}
	if a.profile.HasPostFilterPlugins() {
		var statuses fwk.NodeToStatusReader = unfit.Diagnosis.NodeToStatus
		if a.refusal != nil {
			statuses = a.refusal
		}
		result, status := a.profile.RunPostFilterPlugins(a.ctx, a.state, a.info.Pod, statuses)
		unfit.Diagnosis.PostFilterMsg = status.Message()
		if len(s.effects.victims) > 0 {
			s.room.preempting.Insert(a.info.Pod.UID)
		}
		a.nominating = nil
		if result != nil {
			a.nominating = result.NominatingInfo
		}
	}
	return "", fwk.NewStatus(fwk.Unschedulable).WithError(err)
}

// assume is prepareForBindingCycle: it takes the node's resources for the pod
// and asks the plugins that may still refuse it.
func (s *Scheduler) assume(a *attempt, node string) (*framework.QueuedPodInfo, *fwk.Status) {
	assumed := a.info.DeepCopy()
	assumed.Pod.Spec.NodeName = node
	if assumed.Pod.Status.StartTime == nil {
		assumed.Pod.Status.StartTime = &notStarted
	}
	if err := s.upstream.Cache.AssumePod(s.logger, assumed.Pod); err != nil {
		return assumed, fwk.AsStatus(err)
	}
	s.upstream.SchedulingQueue.DeleteNominatedPodIfExists(assumed.Pod)

	status := a.profile.RunReservePluginsReserve(a.ctx, a.state, assumed.Pod, node)
	if status.IsSuccess() {
		status = permit(a, assumed.Pod, node)
	}
	if status.IsSuccess() {
		return assumed, nil
	}
	s.unreserve(a, assumed.Pod, node)
	if status.IsRejected() {
		unfit := &framework.FitError{
			NumAllNodes: 1,
			Pod:         a.info.Pod,
			Diagnosis:   framework.Diagnosis{NodeToStatus: framework.NewDefaultNodeToStatus()},
		}
		unfit.Diagnosis.NodeToStatus.Set(node, status)
		unfit.Diagnosis.AddPluginStatus(status)
		status = fwk.NewStatus(status.Code()).WithError(unfit)
	}
	return assumed, status
}

func permit(a *attempt, pod *v1.Pod, node string) *fwk.Status {
	_, status := a.profile.RunPermitPlugins(a.ctx, a.state, pod, node)
	if status.IsWait() {
		// Upstream waits on a wall-clock timer.
		return fwk.AsStatus(errors.New("a plugin asks to wait at Permit, which is not possible in virtual time"))
	}
	return status
}

func (s *Scheduler) unreserve(a *attempt, assumed *v1.Pod, node string) {
	a.profile.RunReservePluginsUnreserve(a.ctx, a.state, assumed, node)
	if err := s.upstream.Cache.ForgetPod(s.logger, assumed); err != nil {
		// The pod was bound to another node meanwhile: not ours to forget.
		s.logger.Error(err, "ForgetPod")
	}
}

// fail puts the pod back by upstream's handleSchedulingFailure. The zero time
// is the cycle's start, which only metrics read.
func (s *Scheduler) fail(a *attempt, status *fwk.Status) Result {
	pod := s.pod(keyOf(a.info.Pod))
	result := Result{Pod: pod, Message: status.Message(), Reason: v1.PodReasonSchedulerError}
	if status.IsRejected() {
		result.Reason = v1.PodReasonUnschedulable
	}
	if unfit, ok := status.AsError().(*framework.FitError); ok {
		result.UnschedulablePlugins = sets.List(unfit.Diagnosis.UnschedulablePlugins.Union(unfit.Diagnosis.PendingPlugins))
	}
	if pod != nil {
		result.NominatedNode = pod.Status.NominatedNodeName
	}
	if a.nominating.Mode() == fwk.ModeOverride {
		result.NominatedNode = a.nominating.NominatedNodeName
	}
	s.nominations = s.nominations || result.NominatedNode != ""
	s.upstream.FailureHandler(a.ctx, a.profile, a.info, status, a.nominating, time.Time{})
	s.watch(keyOf(a.info.Pod))
	s.takeEffects(&result)
	return result
}

func (s *Scheduler) takeEffects(r *Result) {
	for _, key := range s.effects.victims {
		if pod := s.pod(key); pod != nil {
			r.Victims = append(r.Victims, Victim{Pod: pod, Message: s.effects.disruption[key], Event: s.effects.preempted[key]})
		}
	}
	for _, key := range s.effects.denominated {
		if pod := s.pod(key); pod != nil && pod.UID != r.Pod.UID {
			r.Denominated = append(r.Denominated, pod)
		}
	}
}

// pod is the pod as the caller handed it over, nil when it is gone.
func (s *Scheduler) pod(key types.NamespacedName) *v1.Pod {
	pod, exists, err := s.pods.GetByKey(key.String())
	if err != nil || !exists {
		return nil
	}
	return pod.(*v1.Pod)
}
