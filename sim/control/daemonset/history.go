package daemonset

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
	labelsutil "k8s.io/kubernetes/pkg/util/labels"
)

// constructHistory finds the revision of the template, makes it if there is
// none, and gives it the highest number (update.go). old are the others. It is
// not ok when a hash collision ends the sync.
func (s *daemonSync) constructHistory() (old []*apps.ControllerRevision, ok bool) {
	patch := getPatch(s.ds)
	var current *apps.ControllerRevision
	next := int64(1)
	for _, r := range s.view.Revisions {
		if current == nil && bytes.Equal(r.Data.Raw, patch) {
			current = r
			continue
		}
		old = append(old, r)
		next = max(next, r.Revision+1)
	}
	if current == nil {
		if current = s.snapshot(patch, next); current == nil {
			return nil, false
		}
	} else if current.Revision < next {
		updated := current.DeepCopy()
		updated.Revision = next
		s.do(UpdateRevision{updated})
	}
	s.hash = current.Labels[apps.DefaultDaemonSetUniqueLabelKey]
	return old, true
}

// snapshot creates the revision of the template. When its name is taken by that
// of another template it returns nil: the sync fails, and the next one tries
// another name.
func (s *daemonSync) snapshot(patch []byte, number int64) *apps.ControllerRevision {
	ds := s.ds
	hash := controller.ComputeHash(&ds.Spec.Template, ds.Status.CollisionCount)
	name := ds.Name + "-" + hash
	if slices.ContainsFunc(s.view.Revisions, func(r *apps.ControllerRevision) bool { return r.Name == name }) {
		status := ds.Status.DeepCopy()
		collisions := int32(1)
		if status.CollisionCount != nil {
			collisions += *status.CollisionCount
		}
		status.CollisionCount = &collisions
		s.do(UpdateStatus{ds, *status})
		s.do(Retry{fmt.Errorf("failed to construct revisions of DaemonSet: controllerrevisions.apps %q already exists",
			name)})
		return nil
	}
	r := &apps.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: ds.Namespace,
			Labels:          labelsutil.CloneAndAddLabel(ds.Spec.Template.Labels, apps.DefaultDaemonSetUniqueLabelKey, hash),
			Annotations:     ds.Annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ds, kind)},
		},
		Data:     runtime.RawExtension{Raw: patch},
		Revision: number,
	}
	s.do(CreateRevision{r})
	return r
}

// getPatch is the patch that brings a DaemonSet back to this template, the very
// bytes that upstream's Match compares with.
func getPatch(ds *apps.DaemonSet) []byte {
	// A template has nothing that can't be written as JSON; its fields come in
	// the order of their names, as those of a map do.
	raw := map[string]any{}
	text, err := json.Marshal(&ds.Spec.Template)
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	raw["$patch"] = "replace"
	patch, err2 := json.Marshal(map[string]any{"spec": map[string]any{"template": raw}})
	if err != nil || err2 != nil {
		panic(fmt.Sprintf("the template of DaemonSet %s/%s: %v", ds.Namespace, ds.Name, cmp.Or(err, err2)))
	}
	return patch
}

// cleanupHistory deletes the oldest revisions beyond the limit, but for those
// of pods that are still there.
func (s *daemonSync) cleanupHistory(old []*apps.ControllerRevision) {
	toKill := len(old) - int(*s.ds.Spec.RevisionHistoryLimit)
	if toKill <= 0 {
		return
	}
	live := map[string]bool{}
	for _, pod := range s.view.Pods {
		if _, err := util.GetTargetNodeName(pod); err == nil {
			live[pod.Labels[apps.DefaultDaemonSetUniqueLabelKey]] = true
		}
	}
	slices.SortFunc(old, func(a, b *apps.ControllerRevision) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Name, b.Name))
	})
	for _, r := range old {
		if toKill > 0 && !live[r.Labels[apps.DefaultDaemonSetUniqueLabelKey]] {
			s.do(DeleteRevision{r})
			toKill--
		}
	}
}
