package custom

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	upstream "k8s.io/kubernetes/pkg/controller"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/custom"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// operator looks after all objects of the kinds.
type operator struct {
	*manager.Parts
	manager.Controller
	together map[string]bool // by kind
	states   map[types.UID]*state
}

// Start implements manager.Component. The operator acts when something changes.
func (c *operator) Start(sim.Time) {}

// Close implements manager.Component. Nothing is left to tell.
func (c *operator) Close(sim.Time) {}

// state is what is kept of one object.
type state struct {
	c        *operator
	api      *Object
	revision string
	work     manager.Key
	names    *apiserver.Names
	removed  map[types.UID]bool // pods that were deleted because there were too many
	visible  sim.Time           // when it sees what it wrote itself
	lost     bool               // a pod has gone since all were made, and was not one too many
	deleted  bool
	failed   bool // something of the sync under way was refused
}

// Changed implements apiserver.Watcher.
func (c *operator) Changed(change apiserver.Change) {
	o, is := change.Object().(*Object)
	if !is {
		return
	}
	s := c.states[o.UID]
	switch {
	case change.New == nil:
		s.deleted = true
		s.work.Drop()
		delete(c.states, o.UID)
		return
	case s == nil:
		s = &state{c: c, names: c.Names(kinds.KeyOf(o), o.Namespace), removed: map[types.UID]bool{}}
		s.work.Init(c.Queue, s.sync)
		c.states[o.UID] = s
	}
	s.api, s.revision = o, fmt.Sprintf("%x", upstream.ComputeHash(&o.Spec.Template, nil))
	s.work.Add()
}

// PodChanged implements apiserver.PodWatcher.
func (c *operator) PodChanged(change apiserver.PodChange) {
	s := c.states[change.Pod.Owner()]
	if s == nil {
		return
	}
	if uid := change.Pod.Object().UID; change.New == nil {
		s.lost = s.lost || !s.removed[uid]
		delete(s.removed, uid)
	}
	if change.Concerns == apiserver.Everybody {
		s.work.Add()
	}
}

func (s *state) sync(now sim.Time) {
	if now < s.visible {
		s.work.Done(true)
		return
	}
	s.failed = false
	pods, replicas := s.c.PodObjectsOf(s.api.UID), int32(1)
	if n := s.api.Spec.Replicas; n != nil {
		replicas = *n
	}
	plan := custom.Sync(custom.View{
		Replicas: int(replicas), Revision: s.revision, Together: s.c.together[s.api.Kind], Pods: pods, Removed: s.removed,
		Lost: s.lost,
	})
	switch {
	case len(plan.Delete) > 0:
		s.c.WriteAll(len(plan.Delete), func(i int, _ sim.Time) { s.delete(plan.Delete[i]) }, func(int, sim.Time) {}, s.status)
	case plan.Create > 0:
		s.lost = false
		s.c.InBatches(now, control.SlowStartBatches(plan.Create), s.create, func() { s.c.Event(s.api.UID) },
			func(at sim.Time, _ int) { s.status(at) })
	default:
		s.status(now)
	}
}

// reasons are those of records.
var reasons = map[custom.Reason]record.Deletion{
	custom.OldTemplate: record.RolledOut, custom.WithOthers: record.RestartedTogether, custom.Ended: record.EndedBefore,
	custom.TooMany: record.ScaledDown,
}

func (s *state) delete(d custom.Deletion) {
	p := s.c.Seen(d.Pod)
	if p == nil {
		return
	}
	if d.Reason == custom.TooMany {
		s.removed[d.Pod.UID] = true
	}
	p.Delete(apiserver.Why{Reason: reasons[d.Reason]})
}

// create makes the next pod; it is false when the API server refuses it.
func (s *state) create(_ int, now sim.Time) bool {
	if s.deleted {
		return true
	}
	pod, err := upstream.GetPodFromTemplate(&s.api.Spec.Template, s.api,
		metav1.NewControllerRef(s.api, s.api.GroupVersionKind()))
	s.c.Fail(err)
	pod.Name, pod.Namespace = s.names.Next(s.api.Name+"-"), s.api.Namespace
	pod.Labels[custom.RevisionLabel] = s.revision
	control.AdmitPod(pod, s.c.UID(), s.c.Wall(now))
	if _, err := s.c.CreatePod(pod); err != nil {
		s.failed = true
		return false
	}
	s.visible = now.Add(manager.WatchTime)
	return true
}

// status ends a sync: it writes how many pods there are, when that is new.
func (s *state) status(now sim.Time) {
	n := int32(0)
	for _, p := range s.c.PodObjectsOf(s.api.UID) {
		if upstream.IsPodActive(p) {
			n++
		}
	}
	done := func(sim.Time) { s.work.Done(s.failed) }
	if s.deleted || n == s.api.Status.Replicas {
		done(now)
		return
	}
	seen := s.api
	s.c.Write(func(sim.Time) {
		if s.deleted {
			return
		}
		next := seen.deepCopy()
		next.Status.Replicas = n
		s.failed = s.c.UpdateStatus(seen, next) != nil || s.failed
	}, done)
}
