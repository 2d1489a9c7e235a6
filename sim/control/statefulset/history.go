package statefulset

import (
	"bytes"
	"errors"
	"slices"

	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/controller/history"
)

var errAdoption = errors.New("adoption of revisions is out of scope")

// ListControllerRevisions and the methods below make recorder a
// history.Interface over the view (pkg/controller/history, realHistory).
func (r *recorder) ListControllerRevisions(parent metav1.Object, _ schema.GroupVersionKind, selector labels.Selector) (
	[]*apps.ControllerRevision, error) {
	var list []*apps.ControllerRevision
	for _, revision := range r.view.Revisions {
		ref := metav1.GetControllerOfNoCopy(revision)
		if selector.Matches(labels.Set(revision.Labels)) && (ref == nil || ref.UID == parent.GetUID()) {
			list = append(list, revision)
		}
	}
	return list, nil
}

func (r *recorder) CreateControllerRevision(parent metav1.Object, revision *apps.ControllerRevision,
	collisions *int32) (*apps.ControllerRevision, error) {
	next := revision.DeepCopy()
	next.Namespace = parent.GetNamespace()
	for {
		next.Name = history.ControllerRevisionName(parent.GetName(), history.HashControllerRevision(revision, collisions))
		i := slices.IndexFunc(r.view.Revisions, func(x *apps.ControllerRevision) bool { return x.Name == next.Name })
		switch {
		case i < 0:
			r.record(CreateRevision{next})
			return next, r.view.Refused
		case bytes.Equal(r.view.Revisions[i].Data.Raw, next.Data.Raw):
			return r.view.Revisions[i], nil
		}
		*collisions++
	}
}

func (r *recorder) UpdateControllerRevision(revision *apps.ControllerRevision, number int64) (*apps.ControllerRevision,
	error) {
	next := revision.DeepCopy()
	if next.Revision != number {
		next.Revision = number
		r.record(UpdateRevision{next})
	}
	return next, nil
}

func (r *recorder) DeleteControllerRevision(revision *apps.ControllerRevision) error {
	r.record(DeleteRevision{revision})
	return nil
}

func (r *recorder) AdoptControllerRevision(metav1.Object, schema.GroupVersionKind, *apps.ControllerRevision) (
	*apps.ControllerRevision, error) {
	return nil, errAdoption
}

func (r *recorder) ReleaseControllerRevision(metav1.Object, *apps.ControllerRevision) (*apps.ControllerRevision,
	error) {
	return nil, errAdoption
}
