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

// do carries out an action. A sync that fails comes again.
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

// send makes one write. What follows when the API server does not take it, as somebody
// has written the object since the controller saw it or a quota is used up, the decider
// says: some faults fail the sync, others are dropped.
func (d *state) send(action deployment.Action, next func(sim.Time)) {
	var err error
	d.c.Write(func(sim.Time) {
		if !d.deleted {
			err = d.write(action)
		}
	}, func(at sim.Time) {
		d.writes++
		if err == nil {
			next(at)
			return
		}
		if d.began.Refused == nil {
			d.began.Refused = map[int]error{}
		}
		d.began.Refused[d.writes-1] = err
		d.decide(at)
	})
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
		d.followAvailability()
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
	if err == nil {
		d.recordScale(o, 0, true)
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
