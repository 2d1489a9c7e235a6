package statefulset

import (
	"slices"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// write carries out one write of the controller.
func (ss *state) write(now sim.Time, action statefulset.Action) {
	switch a := action.(type) {
	case statefulset.UpdateRevision:
		ss.c.UpdateRevision(a.Revision)
	case statefulset.DeleteRevision:
		ss.c.DeleteRevision(a.Revision)
	case statefulset.CreateClaim:
		ss.createClaim(a.Claim.DeepCopy())
	case statefulset.UpdateClaim:
		ss.updateClaim(a.Claim)
	case statefulset.CreatePod:
		ss.createPod(now, a.Pod.DeepCopy())
	case statefulset.UpdatePod:
		if p := ss.c.Seen(a.Pod); p != nil {
			p.Write(apiserver.Nobody, func(next *v1.Pod) {
				next.Labels, next.Annotations, next.Spec.Volumes = a.Pod.Labels, a.Pod.Annotations, a.Pod.Spec.Volumes
			})
			ss.work.Add()
		}
	case statefulset.DeletePod:
		// By name: it can be a pod that the same sync has made.
		if p := ss.c.Pod(a.Pod.Namespace, a.Pod.Name); p != nil {
			p.Delete(apiserver.Why{Reason: ss.deletionReason(p)})
		}
	case statefulset.UpdateStatus:
		next := ss.api.DeepCopy()
		next.Status = a.Status
		ss.c.Fail(ss.c.UpdateStatus(ss.api, next))
		ss.followRollout()
	}
}

// createRevision makes the revision of the template. When the API server refuses it,
// what is left of the sync is another than what was decided.
func (ss *state) createRevision(a statefulset.CreateRevision, next, done func(sim.Time)) {
	ss.c.Write(func(sim.Time) {
		if !ss.deleted {
			_, ss.seen.Refused = ss.c.CreateRevision(a.Revision, ss.key)
		}
	}, func(at sim.Time) {
		if ss.seen.Refused == nil {
			next(at)
			return
		}
		actions, err := statefulset.Sync(ss.seen, ss.c.Wall(at))
		ss.c.Fail(err)
		created := func(a statefulset.Action) bool { _, is := a.(statefulset.CreateRevision); return is }
		ss.refused, ss.over = true, true
		ss.carryOutSeries(at, actions[slices.IndexFunc(actions, created)+1:], done)
	})
}

// createPod creates a pod. The API server refuses it, for example, while another pod
// has its name: a bare one, or one of a deleted StatefulSet that still terminates.
func (ss *state) createPod(now sim.Time, o *v1.Pod) {
	control.AdmitPod(o, ss.c.UID(), ss.c.Wall(now))
	if _, err := ss.c.CreatePod(o); err != nil {
		ss.refused = true
	}
}

// deletionReason is why the controller deletes a pod: it has ended, there are
// too many, or it is of an old revision.
func (ss *state) deletionReason(p *apiserver.Pod) record.Deletion {
	switch {
	case p.Ended():
		return record.EndedBefore
	case ss.condemned(p.Object()):
		return record.ScaledDown
	}
	return record.RolledOut
}
