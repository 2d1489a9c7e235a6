package deployment

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/deployment"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func (d *state) carryOut(now sim.Time, actions []deployment.Action) {
	series := manager.Series{
		Client: d.c.Client, Key: &d.work, About: d.api.UID, Do: d.do,
		Over: func() bool { return d.deleted }, End: func(sim.Time) { d.settled(false) },
	}
	series.CarryOut(now, actions)
}

// do carries out an action. At a conflict the rest of the sync is not done, and it
// comes again.
func (d *state) do(_ sim.Time, action deployment.Action, next func(sim.Time)) {
	switch action.(type) {
	case deployment.Refused:
		d.c.Write(func(sim.Time) {}, func(sim.Time) { d.settled(true) })
	case deployment.Retry:
		d.settled(true)
	default:
		d.send(action, next)
	}
}

// send makes one write. When the API server refuses it the sync fails: somebody
// has written the object since the controller saw it, or has one of that name. What
// follows the refusal of a ReplicaSet for another reason the decider says.
func (d *state) send(action deployment.Action, next func(sim.Time)) {
	var err error
	d.c.Write(func(sim.Time) {
		if !d.deleted {
			err = d.write(action)
		}
	}, func(at sim.Time) {
		_, creates := action.(deployment.CreateReplicaSet)
		switch {
		case err == nil:
			next(at)
		case creates && !apierrors.IsAlreadyExists(err):
			d.refused(at, err)
		default:
			d.settled(true)
		}
	})
}

// refused goes on with a sync whose ReplicaSet the API server does not take.
func (d *state) refused(now sim.Time, answer error) {
	d.began.Refused = answer
	actions, err := deployment.Sync(d.began, d.c.Wall(now))
	d.c.Fail(err)
	created := func(a deployment.Action) bool { _, is := a.(deployment.CreateReplicaSet); return is }
	d.carryOut(now, actions[slices.IndexFunc(actions, created)+1:])
}

// write carries out a write of the controller. The error is the API server's answer.
func (d *state) write(action deployment.Action) (err error) {
	switch a := action.(type) {
	case deployment.CreateReplicaSet:
		err = d.create(a.ReplicaSet.DeepCopy())
	case deployment.UpdateReplicaSet:
		err = d.update(a.ReplicaSet)
	case deployment.DeleteReplicaSet:
		if rs, known := apiserver.Find[*appsv1.ReplicaSet](d.c.Store, a.ReplicaSet.Namespace, a.ReplicaSet.Name); known {
			d.c.Delete(rs, record.OwnerDeleted)
		}
	case deployment.UpdateDeployment:
		// It goes to the status subresource, which takes annotations, too (sync.go,
		// getNewReplicaSet; pkg/registry/apps/deployment/strategy.go).
		err = d.writeStatus(a.Deployment.DeepCopy())
	case deployment.UpdateStatus:
		next := d.api.DeepCopy()
		next.Status = a.Status
		err = d.writeStatus(next)
	}
	if err == nil {
		d.followRollout()
	}
	return err
}

func (d *state) writeStatus(next *appsv1.Deployment) error {
	err := d.c.UpdateStatus(d.seen.Deployment, next)
	if err == nil {
		d.seen.Deployment = d.api
	}
	return err
}

func (d *state) create(o *appsv1.ReplicaSet) error {
	err := d.c.Create(o, apiserver.Request{Workload: d.key})
	switch {
	case err == nil:
		d.recordScale(o, 0, true)
	case apierrors.IsAlreadyExists(err):
		d.collide()
	}
	return err
}

func (d *state) update(o *appsv1.ReplicaSet) error {
	i := slices.IndexFunc(d.seen.ReplicaSets, func(rs *appsv1.ReplicaSet) bool { return rs.Name == o.Name })
	if i < 0 {
		return apierrors.NewNotFound(appsv1.Resource("replicasets"), o.Name)
	}
	seen, next := d.seen.ReplicaSets[i], o.DeepCopy()
	if err := d.c.Update(seen, next); err != nil {
		return err
	}
	if d.c.Stored(next) == next {
		d.seen.ReplicaSets[i] = next
	}
	if from := *seen.Spec.Replicas; from != *next.Spec.Replicas {
		d.recordScale(next, from, false)
	}
	return nil
}

// collide is what the controller does when a ReplicaSet of that name belongs to
// another, for example a Deployment that was deleted just before: the next
// attempt has another name (sync.go, getNewReplicaSet).
func (d *state) collide() {
	next := d.api.DeepCopy()
	count := int32(1)
	if old := next.Status.CollisionCount; old != nil {
		count += *old
	}
	next.Status.CollisionCount = &count
	_ = d.writeStatus(next) // a conflict is seen by the next sync
}
