package deployment

import (
	"errors"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	labelsutil "k8s.io/kubernetes/pkg/util/labels"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// Each verb returns a changed copy of the Deployment for the caller to write:
// its generation goes up if the spec or the annotations changed. Errors are
// what kubectl prints.

// SetImage is kubectl set image (see control.SetTemplateImage).
func SetImage(d *apps.Deployment, container, image string) (*apps.Deployment, error) {
	next := d.DeepCopy()
	if err := control.SetTemplateImage(&next.Spec.Template, container, image); err != nil {
		return nil, err
	}
	return next, nil
}

// SetResources is kubectl set resources (see control.SetTemplateResources).
func SetResources(d *apps.Deployment, container string, requests, limits v1.ResourceList) (*apps.Deployment, error) {
	next := d.DeepCopy()
	if err := control.SetTemplateResources(&next.Spec.Template, container, requests, limits); err != nil {
		return nil, err
	}
	return next, nil
}

// Scale is kubectl scale.
func Scale(d *apps.Deployment, replicas int32) *apps.Deployment {
	next := d.DeepCopy()
	next.Spec.Replicas = &replicas
	return next
}

// RolloutUndo is kubectl rollout undo --to-revision, 0 for the revision before
// the current one: template and annotations of that revision. The Deployment
// comes back as it is when its template is that of the revision.
func RolloutUndo(d *apps.Deployment, replicaSets []*apps.ReplicaSet, toRevision int64) (*apps.Deployment, error) {
	rs, err := revisionOf(d, replicaSets, toRevision)
	if err != nil {
		return nil, err
	}
	if d.Spec.Paused {
		return nil, errors.New(
			"you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
	}
	next := d.DeepCopy()
	if deploymentutil.EqualIgnoreHash(&rs.Spec.Template, &d.Spec.Template) {
		return next, nil
	}
	next.Spec.Template = *rs.Spec.Template.DeepCopy()
	next.Spec.Template.Labels = labelsutil.CloneAndRemoveLabel(next.Spec.Template.Labels,
		apps.DefaultDeploymentUniqueLabelKey)
	deploymentutil.SetDeploymentAnnotationsTo(next, rs)
	return next, nil
}

// revisionOf is the ReplicaSet of a revision (kubectl's
// polymorphichelpers/rollback.go, deploymentRevision).
func revisionOf(d *apps.Deployment, replicaSets []*apps.ReplicaSet, revision int64) (*apps.ReplicaSet, error) {
	latest, previous := int64(-1), int64(-1)
	var latestRS, previousRS *apps.ReplicaSet
	for _, rs := range replicaSets {
		if rs == nil {
			continue
		}
		r, err := deploymentutil.Revision(rs)
		switch {
		case err != nil:
		case revision != 0 && r == revision:
			return rs, nil
		case r > latest:
			previous, previousRS = latest, latestRS
			latest, latestRS = r, rs
		case r > previous:
			previous, previousRS = r, rs
		}
	}
	if revision != 0 {
		return nil, fmt.Errorf("unable to find specified revision %d in history", revision)
	}
	if previousRS == nil {
		return nil, fmt.Errorf("no rollout history found for deployment %q", d.Name)
	}
	return previousRS, nil
}

// RolloutRestart is kubectl rollout restart (see control.RestartTemplate).
func RolloutRestart(d *apps.Deployment, now time.Time) (*apps.Deployment, error) {
	if d.Spec.Paused {
		return nil, fmt.Errorf("deployments.apps %q can't restart paused deployment (run rollout resume first)", d.Name)
	}
	next := d.DeepCopy()
	if err := control.RestartTemplate(&next.Spec.Template, d.Name, now); err != nil {
		return nil, err
	}
	return next, nil
}

// Pause is kubectl rollout pause.
func Pause(d *apps.Deployment) (*apps.Deployment, error) {
	if d.Spec.Paused {
		return nil, fmt.Errorf("deployments.apps %q is already paused", d.Name)
	}
	next := d.DeepCopy()
	next.Spec.Paused = true
	return next, nil
}

// Resume is kubectl rollout resume.
func Resume(d *apps.Deployment) (*apps.Deployment, error) {
	if !d.Spec.Paused {
		return nil, fmt.Errorf("deployments.apps %q is not paused", d.Name)
	}
	next := d.DeepCopy()
	next.Spec.Paused = false
	return next, nil
}
