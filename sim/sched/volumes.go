package sched

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	storagehelpers "k8s.io/component-helpers/storage/volume"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// Volumes are what has to be written, and to become of it, before a pod is bound: its
// PersistentVolumes with the claims that they are reserved for, and its claims with the
// machine that a driver is to make a volume for (VolumeBinding's PreBind).
type Volumes struct {
	Volumes []*v1.PersistentVolume
	Claims  []*v1.PersistentVolumeClaim
	// Waits are the claims that have to be bound, as namespace/name.
	Waits []Claim
}

// Claim names a claim. Volume is the volume that is reserved for it, "" for one that is to
// be made.
type Claim struct{ Namespace, Name, Volume string }

// None reports whether nothing has to be done.
func (v *Volumes) None() bool { return len(v.Volumes)+len(v.Claims) == 0 }

// preBind has upstream's VolumeBinding write what it would write before the pod is bound.
// It then waits for the controller of volumes by the wall clock, which a context that has
// ended spares it: the caller waits in its place.
func (s *Scheduler) preBind(a *attempt, pod *v1.Pod, node string) (v Volumes) {
	if !claims(pod) {
		return v
	}
	skipped := namesOf(a.profile.ListPlugins().PreBind)
	if !skipped.Has(names.VolumeBinding) {
		return v
	}
	skipped.Delete(names.VolumeBinding)
	a.state.SetSkipPreBindPlugins(skipped)
	a.state.SetParallelPreBindPlugins(sets.New[string]())
	ctx, cancel := context.WithCancel(a.ctx)
	cancel()
	s.effects.volumes = nil
	_ = a.profile.RunPreBindPlugins(ctx, a.state, pod, node) // it fails when it has begun to wait
	for _, o := range s.effects.volumes {
		switch o := o.(type) {
		case *v1.PersistentVolume:
			v.Volumes = append(v.Volumes, o)
			v.Waits = append(v.Waits, Claim{o.Spec.ClaimRef.Namespace, o.Spec.ClaimRef.Name, o.Name})
		case *v1.PersistentVolumeClaim:
			v.Claims = append(v.Claims, o)
			v.Waits = append(v.Waits, Claim{Namespace: o.Namespace, Name: o.Name})
		}
	}
	s.effects.volumes = nil
	return v
}

// Bound reports whether all that a pod waits for is bound; an error is why it will not be
// (binder.go, checkBindings). The pod is tried again then.
func (s *Scheduler) Bound(v *Volumes, node string) (bool, error) {
	host, err := s.informers.Core().V1().Nodes().Lister().Get(node)
	if err != nil {
		return false, fmt.Errorf("failed to get node %q: %w", node, err)
	}
	all := true
	for _, c := range v.Waits {
		claim, err := s.informers.Core().V1().PersistentVolumeClaims().Lister().PersistentVolumeClaims(c.Namespace).Get(
			c.Name)
		switch {
		case err != nil:
			return false, fmt.Errorf("failed to check provisioning pvc: %w", err)
		case c.Volume == "" && claim.Annotations[storagehelpers.AnnSelectedNode] != node:
			return false, fmt.Errorf("provisioning failed for PVC %q", claim.Name)
		}
		name := c.Volume
		if name == "" {
			name = claim.Spec.VolumeName
		}
		if name != "" {
			if err := s.reaches(name, c.Volume != "", host); err != nil {
				return false, err
			}
		}
		_, completed := claim.Annotations[storagehelpers.AnnBindCompleted]
		all = all && claim.Spec.VolumeName != "" && completed
	}
	return all, nil
}

// reaches checks a volume that the pod is to use on a machine.
func (s *Scheduler) reaches(name string, reserved bool, host *v1.Node) error {
	o, err := s.informers.Core().V1().PersistentVolumes().Lister().Get(name)
	switch {
	case err != nil && !reserved:
		return nil // it may only be seen later
	case err != nil:
		return fmt.Errorf("failed to check binding: %w", err)
	case reserved && (o.Spec.ClaimRef == nil || o.Spec.ClaimRef.UID == ""):
		return fmt.Errorf("ClaimRef got reset for pv %q", name)
	}
	if err := storagehelpers.CheckNodeAffinity(o, host.Labels); err != nil {
		return fmt.Errorf("pv %q node affinity doesn't match node %q: %w", name, host.Name, err)
	}
	return nil
}

// updated takes a write of volumes and claims that a plugin sends.
func (e *effects) updated(o runtime.Object) bool {
	switch o.(type) {
	case *v1.PersistentVolume, *v1.PersistentVolumeClaim:
		e.volumes = append(e.volumes, o)
		return true
	}
	return false
}
