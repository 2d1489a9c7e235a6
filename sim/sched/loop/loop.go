// Package loop drives upstream's scheduler through the virtual time of a run: it
// tells it of changes, runs a cycle whenever its queue has a pod, and sends what
// it decides: bindings, the reasons of those it can't place, and deletions that
// make room (pkg/scheduler/schedule_one.go, framework/preemption).
//
// Headroom asks it at the end how many more replicas would fit.
package loop

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/sched"
)

// cycleTime is how long the scheduler is busy with one pod before it turns to
// the next; the rest of its latency is the binding, which runs beside.
const cycleTime = 3 * time.Millisecond

// Scheduler places the pods of a store: one pod a cycle, while its queue has one.
type Scheduler struct {
	*apiserver.Store
	upstream *sched.Scheduler
	client   *manager.Client
	bindTime time.Duration
	running  bool // a cycle is scheduled
	flush    sim.Timer
	told     map[types.UID]string // the message of a pod's last failed attempt
}

// New returns a scheduler with a configuration. latency is from an unscheduled pod
// to its binding. Close it after the run.
func New(p *manager.Parts, cfg sched.Config, latency time.Duration) (*Scheduler, error) {
	upstream, err := sched.New(cfg, p.Journal.Start, p.Loop.Now)
	if err != nil {
		return nil, err
	}
	qps, burst := upstream.ClientLimit()
	s := &Scheduler{
		Store: p.Store, upstream: upstream, told: map[types.UID]string{},
		client: p.Server.NewClient(manager.Options{Latency: manager.WatchTime + manager.CallTime/2, QPS: qps,
			Burst: burst}),
		bindTime: max(0, latency-manager.WatchTime-cycleTime),
	}
	upstream.SetClaims(claims{s})
	s.flush.Init(p.Loop, sim.PhaseSchedule, func(sim.Time) {
		upstream.Flush()
		s.Kick()
	})
	return s, nil
}

// Close stops what upstream started.
func (s *Scheduler) Close() { s.upstream.Close() }

// Changed implements apiserver.Watcher. Of statuses it looks at those of budgets, of
// volumes and of claims of devices alone.
func (s *Scheduler) Changed(c apiserver.Change) {
	if n, is := c.Object().(*v1.Node); is {
		s.nodeChanged(n, c)
		return
	}
	if c.Status && !looksAtStatus(c.Object()) || !s.upstream.Looks(c.Object()) {
		return
	}
	if c.New == nil {
		s.upstream.Unset(c.Old)
	} else {
		s.upstream.Set(c.New)
	}
	if waitedFor(c.Object()) { // for which pods wait
		s.Kick()
	}
}

func waitedFor(o runtime.Object) bool {
	switch o.(type) {
	case *v1.PersistentVolume, *v1.PersistentVolumeClaim, *storagev1.StorageClass, *storagev1.CSINode,
		*resourcev1.ResourceClaim, *resourcev1.ResourceSlice, *resourcev1.DeviceClass:
		return true
	}
	return false
}

func looksAtStatus(o runtime.Object) bool {
	switch o.(type) {
	case *policyv1.PodDisruptionBudget, *v1.PersistentVolume, *resourcev1.ResourceClaim:
		return true
	}
	return false
}

// nodeChanged looks for a pod to try unless the node is new: several that join
// together are looked at together, see Kick.
func (s *Scheduler) nodeChanged(n *v1.Node, c apiserver.Change) {
	switch {
	case c.Old == nil:
		s.upstream.AddNode(n)
		return
	case c.New == nil:
		s.upstream.DeleteNode(n) // a spread over fewer machines lets pods go elsewhere
	default:
		s.upstream.UpdateNode(c.Old.(*v1.Node), n)
	}
	s.Kick()
}

// PodChanged implements apiserver.PodWatcher.
func (s *Scheduler) PodChanged(c apiserver.PodChange) {
	switch {
	case c.New == nil:
		s.upstream.DeletePod(c.Old)
		delete(s.told, c.Old.UID)
	case c.Old == nil:
		s.upstream.AddPod(c.New)
		if c.New.Spec.NodeName == "" {
			s.note(c.Pod)
		}
	default:
		s.upstream.UpdatePod(c.Old, c.New)
	}
	s.Kick()
}

// Kick starts a cycle if the queue has a pod for one, and otherwise makes sure
// that the queue's own timers run.
func (s *Scheduler) Kick() {
	if s.running {
		return
	}
	if s.upstream.Ready() && s.upstream.Take() {
		s.running = true
		s.Loop.After(cycleTime, sim.PhaseSchedule, sim.Func(s.cycle))
		return
	}
	s.flush.Set(s.upstream.NextFlush())
}

func (s *Scheduler) cycle(sim.Time) {
	r := s.upstream.Try()
	p := (*apiserver.Pod)(nil)
	if r.Pod != nil {
		p = s.Seen(r.Pod)
	}
	switch {
	case p == nil:
		s.next(0)
	case r.Node != "" && !r.Volumes.None():
		s.bindVolumes(p, r)
		s.next(0)
	case r.Node != "":
		s.claimDevices(p, r, r.Claims)
		s.next(0)
	default:
		s.rejected(p, r)
	}
}

func (s *Scheduler) next(sim.Time) {
	s.running = false
	s.Kick()
}

// rejected makes room for a pod if it may, and writes into its status why it was
// rejected. The scheduler waits for the answer before it turns to the next
// (schedule_one.go, handleSchedulingFailure).
func (s *Scheduler) rejected(p *apiserver.Pod, r sched.Result) {
	if len(r.Victims)+len(r.Denominated) > 0 {
		s.makeRoom(p, r)
	}
	uid := p.Object().UID
	if r.Message == s.told[uid] && r.NominatedNode == p.Object().Status.NominatedNodeName {
		s.next(0)
		return
	}
	s.told[uid] = r.Message
	s.Record(record.PodUnschedulable{At: s.At(), Pod: p.Key(), Reason: r.Reason, Message: r.Message,
		Nominated: r.NominatedNode, NoDevices: !s.upstream.Devices(&r)})
	s.client.Write(func(sim.Time) {
		if !p.Gone() {
			p.Write(apiserver.Nobody, func(next *v1.Pod) {
				s.SetCondition(next, v1.PodScheduled, v1.ConditionFalse, r.Reason, r.Message)
				next.Status.NominatedNodeName = r.NominatedNode
			})
		}
	}, s.next)
}

// bind is the API server's answer to the binding.
func (s *Scheduler) bind(p *apiserver.Pod, node string) {
	if p.Gone() || p.Deleting() {
		s.upstream.BindFailed(p.Object())
		s.Kick()
		return
	}
	p.Write(apiserver.Nobody, func(next *v1.Pod) {
		next.Spec.NodeName = node
		s.SetCondition(next, v1.PodScheduled, v1.ConditionTrue, "", "")
	})
	s.Record(record.PodScheduled{At: s.At(), Pod: p.Key(), Node: node})
}

// note records at once why a new pod can't even be tried.
func (s *Scheduler) note(p *apiserver.Pod) {
	var reason, message string
	switch name := p.Object().Spec.SchedulerName; {
	case !s.upstream.HandlesSchedulerName(name):
		reason, message = "NoProfile", fmt.Sprintf("no scheduler profile named %q", name)
	case len(p.Object().Spec.SchedulingGates) > 0:
		reason, message = v1.PodReasonSchedulingGated, "Scheduling is blocked due to non-empty scheduling gates"
	default:
		reason, message = v1.PodReasonUnschedulable, s.upstream.Missing(p.Object())
	}
	if message != "" {
		s.told[p.Object().UID] = message
		s.Record(record.PodUnschedulable{At: s.At(), Pod: p.Key(), Reason: reason, Message: message})
	}
}

func priorityOf(o *v1.Pod) int32 {
	if o.Spec.Priority == nil {
		return 0
	}
	return *o.Spec.Priority
}
