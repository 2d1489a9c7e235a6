package volume

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	decide "github.com/kube-rehearse/rehearse/sim/control/volume"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// view is what the controller sees.
func (c *Controller) view() *decide.View {
	return &decide.View{
		Volumes: c.sorted(),
		Classes: apiserver.List[*storagev1.StorageClass](c.Store),
		Claim: func(namespace, name string) *v1.PersistentVolumeClaim {
			o, _ := apiserver.Find[*v1.PersistentVolumeClaim](c.Store, namespace, name)
			return o
		},
		Waiting: c.waiting,
	}
}

// waiting names the pods without a node that use a claim.
func (c *Controller) waiting(o *v1.PersistentVolumeClaim) (names []string) {
	for _, p := range c.users[kinds.KeyOf(o)] {
		if p.Node() == "" {
			names = append(names, p.Name())
		}
	}
	return names
}

// sync is a sync of the claim.
func (k *claim) sync(now sim.Time) {
	actions, err := decide.SyncClaim(k.c.view(), k.api)
	k.c.Fail(err)
	w := writes{c: k.c, work: &k.work, said: k.tell}
	w.carryOut(now, k.api, actions)
}

// sync is a sync of the volume.
func (k *volume) sync(now sim.Time) {
	w := writes{c: k.c, work: &k.work, said: func(decide.Event) {}}
	w.carryOut(now, k.api, decide.SyncVolume(k.c.view(), k.api))
}

// tell records why a claim waits, once a reason.
func (k *claim) tell(e decide.Event) {
	if k.told == e.Reason+e.Message {
		return
	}
	k.told = e.Reason + e.Message
	k.c.Record(record.ClaimWaiting{At: k.c.At(), Claim: kinds.KeyOf(k.api), Class: classOf(k.api), Reason: e.Reason,
		Message: e.Message})
}

func classOf(o *v1.PersistentVolumeClaim) string {
	if o.Spec.StorageClassName == nil {
		return ""
	}
	return *o.Spec.StorageClassName
}

// writes carries out the actions of a sync. Each write is of the object as the one before
// has left it; when somebody else has written it meanwhile the sync fails.
type writes struct {
	c      *Controller
	work   *manager.Key
	said   func(decide.Event)
	last   map[string]kinds.Object // what was written, by kind and name
	failed bool
}

func (w *writes) carryOut(now sim.Time, about kinds.Object, actions []decide.Action) {
	w.last = map[string]kinds.Object{}
	for _, a := range actions {
		if o := objectOf(a); o != nil {
			w.last[w.key(o)] = w.c.Get(w.kind(o), o.GetNamespace(), o.GetName())
		}
	}
	series := manager.Series{
		Client: w.c.Client, Key: w.work, About: about.GetUID(), Said: w.said,
		Over: func() bool { return w.failed },
		Do: func(now sim.Time, a decide.Action, next func(sim.Time)) {
			if a, is := a.(decide.SyncClaimOf); is {
				w.c.enqueueClaim(a.Volume.Spec.ClaimRef.Namespace, a.Volume.Spec.ClaimRef.Name)
				next(now)
				return
			}
			w.c.Write(func(sim.Time) { w.write(a) }, next)
		},
		End: func(sim.Time) { w.work.Done(w.failed) },
	}
	series.CarryOut(now, actions)
}

func (w *writes) kind(o kinds.Object) string { return w.c.Kinds.Of(o).Kind }

func (w *writes) key(o kinds.Object) string { return w.kind(o) + " " + kinds.KeyOf(o) }

// objectOf is what an action writes, nil for nothing.
func objectOf(a decide.Action) kinds.Object {
	switch a := a.(type) {
	case decide.UpdateVolume:
		return a.Volume
	case decide.UpdateVolumeStatus:
		return a.Volume
	case decide.UpdateClaim:
		return a.Claim
	case decide.UpdateClaimStatus:
		return a.Claim
	}
	return nil
}

func (w *writes) write(a decide.Action) {
	next := objectOf(a)
	seen := w.last[w.key(next)]
	if seen == nil || w.c.Stored(seen) != seen {
		w.failed = true
		return
	}
	var err error
	switch a.(type) {
	case decide.UpdateVolumeStatus, decide.UpdateClaimStatus:
		err = w.c.UpdateStatus(seen, next)
	default:
		err = w.c.Update(seen, next)
	}
	if w.failed = err != nil; w.failed {
		return
	}
	w.last[w.key(next)] = w.c.Stored(next)
	if o, is := next.(*v1.PersistentVolumeClaim); is && o.Status.Phase == v1.ClaimBound {
		w.bound(o, seen.(*v1.PersistentVolumeClaim))
	}
}

// bound records that a claim has its volume.
func (w *writes) bound(o, before *v1.PersistentVolumeClaim) {
	if before.Status.Phase == v1.ClaimBound {
		return
	}
	r := record.ClaimBound{At: w.c.At(), Claim: kinds.KeyOf(o), Volume: o.Spec.VolumeName, Class: classOf(o)}
	if v, known := apiserver.Find[*v1.PersistentVolume](w.c.Store, "", o.Spec.VolumeName); known {
		r.Place = placeOf(v)
		capacity := v.Spec.Capacity[v1.ResourceStorage]
		r.Bytes = capacity.Value()
	}
	w.c.Record(r)
}

// placeOf is where a volume is: the value of its node affinity, "" for everywhere.
func placeOf(o *v1.PersistentVolume) string {
	if o.Spec.NodeAffinity == nil || o.Spec.NodeAffinity.Required == nil {
		return ""
	}
	for _, term := range o.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			if len(e.Values) == 1 && (e.Key == v1.LabelHostname || decide.IsZone(e.Key)) {
				return e.Values[0]
			}
		}
	}
	return ""
}
