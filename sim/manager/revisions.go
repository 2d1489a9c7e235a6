package manager

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// CreateRevision stores a copy of a ControllerRevision and returns it. An earlier
// object of the same name and template may have left a revision of that name which
// the garbage collector has yet to delete; the new one takes its place. Upstream
// would count a collision and choose another name. The error is the API server's
// answer when it refuses the revision of that workload.
func (p *Parts) CreateRevision(r *appsv1.ControllerRevision, workload string) (*appsv1.ControllerRevision, error) {
	if left, known := apiserver.Find[*appsv1.ControllerRevision](p.Store, r.Namespace, r.Name); known {
		p.Delete(left, record.OwnerDeleted)
	}
	r = r.DeepCopy()
	return r, p.Create(r, apiserver.Request{Workload: workload})
}

// UpdateRevision stores a revision in place of the one with its UID, if that is
// still there.
func (p *Parts) UpdateRevision(r *appsv1.ControllerRevision) {
	if old, known := apiserver.Now(p.Store, r); known {
		p.Fail(p.Replace(old, r))
	}
}

// DeleteRevision deletes a revision beyond the history limit.
func (p *Parts) DeleteRevision(r *appsv1.ControllerRevision) {
	if old, known := apiserver.Now(p.Store, r); known {
		p.Delete(old, "") // nobody asks why
	}
}
