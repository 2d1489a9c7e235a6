package volume

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/ephemeral"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// pod is a pod with generic ephemeral volumes.
type pod struct {
	c    *Controller
	api  *apiserver.Pod
	work manager.Key
}

// PodChanged implements apiserver.PodWatcher.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	c.use(change)
	if change.New == nil {
		if p := c.pods[change.Old.UID]; p != nil {
			p.work.Drop()
			delete(c.pods, change.Old.UID)
		}
		return
	}
	if change.Old == nil && hasEphemeral(change.New) {
		p := &pod{c: c, api: change.Pod}
		p.work.Init(c.ephemeral.Queue, p.sync)
		c.pods[change.New.UID] = p
		p.work.Add()
	}
}

func hasEphemeral(o *v1.Pod) bool {
	for i := range o.Spec.Volumes {
		if o.Spec.Volumes[i].Ephemeral != nil {
			return true
		}
	}
	return false
}

// sync makes the claims of a pod that are not there (ephemeral/controller.go, syncHandler).
func (p *pod) sync(now sim.Time) {
	var missing []*v1.PersistentVolumeClaim
	failed := false
	for i := range p.api.Object().Spec.Volumes {
		v := &p.api.Object().Spec.Volumes[i]
		if v.Ephemeral == nil || p.api.Deleting() {
			continue
		}
		claim := claimOf(p.api.Object(), v)
		old, known := apiserver.Find[*v1.PersistentVolumeClaim](p.c.Store, claim.Namespace, claim.Name)
		switch {
		case !known:
			missing = append(missing, claim)
		case ephemeral.VolumeIsForPod(p.api.Object(), old) != nil:
			failed = true // of an earlier pod of this name
		}
	}
	p.create(now, missing, failed)
}

// create makes claims one after the other.
func (p *pod) create(_ sim.Time, missing []*v1.PersistentVolumeClaim, failed bool) {
	if len(missing) == 0 || failed {
		p.work.Done(failed)
		return
	}
	p.c.ephemeral.Write(func(sim.Time) {
		failed = !p.api.Gone() && p.c.Create(missing[0], apiserver.Request{Workload: p.api.Workload}) != nil
	}, func(now sim.Time) { p.create(now, missing[1:], failed) })
}

// claimOf is the claim that a generic ephemeral volume stands for (handleVolume).
func claimOf(o *v1.Pod, v *v1.Volume) *v1.PersistentVolumeClaim {
	template := v.Ephemeral.VolumeClaimTemplate.DeepCopy()
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: ephemeral.VolumeClaimName(o, v), Namespace: o.Namespace,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(o, v1.SchemeGroupVersion.WithKind(kinds.Pod))},
			Annotations:     template.Annotations, Labels: template.Labels,
		},
		Spec: template.Spec,
	}
}
