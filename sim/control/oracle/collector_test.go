package oracle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// collectGarbage deletes, in the background, what an object that is gone was
// the owner of (pkg/controller/garbagecollector).
func (s *server) collectGarbage() {
	s.observers = append(s.observers, func(c *change) {
		if c.kind != watch.Deleted {
			return
		}
		owner := accessor(c.before).GetUID()
		time.AfterFunc(0, func() {
			for _, d := range s.dependents(func(r metav1.OwnerReference) bool { return r.UID == owner }) {
				m := accessor(d)
				_, _ = s.remove(s.ofObject(d), m.GetNamespace(), m.GetName(), &metav1.DeleteOptions{}) // gone is fine
			}
		})
	})
}

func (s *server) dependents(of func(metav1.OwnerReference) bool) (list []runtime.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.kinds {
		for _, o := range c.selected(selection{}) {
			if slices.ContainsFunc(accessor(o).GetOwnerReferences(), of) {
				list = append(list, o)
			}
		}
	}
	return list
}
