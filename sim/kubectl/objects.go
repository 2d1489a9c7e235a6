package kubectl

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// find is an object that a step names.
func (u *User) find(r ObjectRef) (kinds.Object, error) {
	if o := u.Get(r.Kind, r.Namespace, r.Name); o != nil {
		return o, nil
	}
	return nil, u.Missing(r.Kind, r.Name)
}

// change sends what a command makes of an object.
func (u *User) change(r ObjectRef, change func(o kinds.Object) (kinds.Object, error)) error {
	old, err := u.find(r)
	if err != nil {
		return err
	}
	next, err := change(old)
	if err != nil {
		return err
	}
	return u.Replace(old, next)
}

// changeTemplate changes the pod template of a workload.
func (u *User) changeTemplate(r ObjectRef, change func(*v1.PodTemplateSpec) error) error {
	return u.change(r, func(o kinds.Object) (kinds.Object, error) {
		next := o.DeepCopyObject().(kinds.Object)
		return next, change(u.Kinds.Of(o).Template(next))
	})
}

func (u *User) scale(a Scale) error {
	return u.change(a.Target, func(o kinds.Object) (kinds.Object, error) {
		replicas := u.Kinds.Of(o).Scale.Replicas
		u.recordScaled(o, **replicas(o), a.Replicas)
		next := o.DeepCopyObject().(kinds.Object)
		*replicas(next) = &a.Replicas
		return next, nil
	})
}

// pausing is how kubectl calls the verbs that not every kind knows
// (polymorphichelpers/objectpauser.go and objectresumer.go).
var pausing = map[RolloutVerb]string{Pause: "pausing", Resume: "resuming"}

func (u *User) rollout(a Rollout) error {
	return u.change(a.Target, func(o kinds.Object) (kinds.Object, error) {
		rollouts := u.Rollouts[a.Target.Kind]
		pauses, canPause := rollouts.(manager.Pausing)
		switch {
		case a.Verb == Undo:
			return rollouts.Undo(o, u.OwnedBy(o.GetUID()), a.ToRevision)
		case a.Verb == Restart:
			return rollouts.Restart(o, u.WallNow())
		case a.Verb == Pause && canPause:
			return pauses.Pause(o)
		case a.Verb == Resume && canPause:
			return pauses.Resume(o)
		case pausing[a.Verb] == "":
			return nil, fmt.Errorf("unknown verb %q", a.Verb)
		}
		return nil, fmt.Errorf("%s %q %s is not supported", u.Kinds.Of(o).Resource, a.Target.Name, pausing[a.Verb])
	})
}

// delete removes an object as kubectl delete does, with its dependents in the
// background. One that is only taken to exist is missing from then on.
func (u *User) delete(d Delete) error {
	r := d.Target
	if r.Kind == kinds.Pod {
		p := u.Pod(r.Namespace, r.Name)
		if p == nil {
			return u.Missing(r.Kind, r.Name)
		}
		if d.Grace != nil && *d.Grace == 0 {
			p.DeleteNow(record.Deleted)
		} else {
			p.Delete(apiserver.Why{Reason: record.Deleted, Grace: d.Grace})
		}
		return nil
	}
	missed := false
	if k := u.Kinds.Named(r.Kind); k != nil && k.AssumedThere {
		missed = u.Miss(r)
	}
	if o := u.Get(r.Kind, r.Namespace, r.Name); o != nil {
		u.Delete(o, record.OwnerDeleted)
		return nil
	}
	if missed {
		return nil
	}
	return u.Missing(r.Kind, r.Name)
}

// flag is how --grace-period and --force of a deletion are told.
func (d Delete) flag() string {
	switch {
	case d.Grace == nil:
		return ""
	case *d.Grace == 0:
		return " --force"
	}
	return fmt.Sprintf(" --grace-period=%d", *d.Grace)
}
