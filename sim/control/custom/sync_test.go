package custom

import (
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// pod is one of the present revision; change makes it another one.
func pod(name string, change ...func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name),
		Labels: map[string]string{RevisionLabel: "new"}},
		Spec: v1.PodSpec{NodeName: "n"}, Status: v1.PodStatus{Phase: v1.PodRunning}}
	for _, f := range change {
		f(p)
	}
	return p
}

func old(p *v1.Pod)       { p.Labels[RevisionLabel] = "old" }
func leaving(p *v1.Pod)   { p.DeletionTimestamp = &metav1.Time{} }
func failed(p *v1.Pod)    { p.Status.Phase = v1.PodFailed }
func succeeded(p *v1.Pod) { p.Status.Phase = v1.PodSucceeded }
func pending(p *v1.Pod)   { p.Spec.NodeName, p.Status.Phase = "", v1.PodPending }
func restarted(p *v1.Pod) {
	p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "a"}, {Name: "b", RestartCount: 1}}
}

func TestSync(t *testing.T) {
	type outcome map[string]Reason // of pods that are deleted
	for _, c := range []struct {
		name     string
		replicas int
		together bool
		pods     []*v1.Pod
		change   func(*View)
		create   int
		deleted  outcome
	}{
		{"nothing there", 3, false, nil, nil, 3, nil},
		{"enough", 2, false, []*v1.Pod{pod("a"), pod("b")}, nil, 0, nil},
		{"one of few leaves", 2, false, []*v1.Pod{pod("a"), pod("b", leaving)}, nil, 1, nil},
		{"what has succeeded stays", 2, false, []*v1.Pod{pod("a"), pod("b", succeeded)}, nil, 0, nil},
		{"what has failed goes first", 2, false, []*v1.Pod{pod("a"), pod("b", failed)}, nil, 0,
			outcome{"b": Ended}},
		{"too many: the one without a node", 1, false, []*v1.Pod{pod("a"), pod("b", pending)}, nil, 0,
			outcome{"b": TooMany}},
		{"too many, some have succeeded", 1, false, []*v1.Pod{pod("a"), pod("b", succeeded)}, nil, 0,
			outcome{"a": TooMany}},
		{"none wanted", 0, false, []*v1.Pod{pod("a", succeeded)}, nil, 0, nil},
		{"an old template", 2, false, []*v1.Pod{pod("a", old), pod("b")}, nil, 0, outcome{"a": OldTemplate}},
		{"old ones have to be gone", 2, false, []*v1.Pod{pod("a", old, leaving), pod("b")}, nil, 0, nil},
		{"a restart alone", 2, false, []*v1.Pod{pod("a", restarted), pod("b")}, nil, 0, nil},
		{"a restart of one of all", 2, true, []*v1.Pod{pod("a", restarted), pod("b")}, nil, 0,
			outcome{"a": WithOthers, "b": WithOthers}},
		{"one of all failed", 2, true, []*v1.Pod{pod("a", failed), pod("b")}, nil, 0,
			outcome{"a": WithOthers, "b": WithOthers}},
		{"one of all leaves", 2, true, []*v1.Pod{pod("a", leaving), pod("b")}, nil, 0,
			outcome{"b": WithOthers}},
		{"one of all was killed", 2, true, []*v1.Pod{pod("b")}, func(v *View) { v.Lost = true }, 0,
			outcome{"b": WithOthers}},
		{"all are gone", 2, true, nil, func(v *View) { v.Lost = true }, 2, nil},
		{"all leave", 2, true, []*v1.Pod{pod("a", leaving), pod("b", leaving)}, nil, 0, nil},
		{"one was too many", 1, true, []*v1.Pod{pod("a", leaving), pod("b")},
			func(v *View) { v.Removed = map[types.UID]bool{"a": true} }, 0, nil},
		{"one of all has succeeded", 2, true, []*v1.Pod{pod("a", succeeded), pod("b")}, nil, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := View{Replicas: c.replicas, Revision: "new", Together: c.together, Pods: c.pods}
			if c.change != nil {
				c.change(&v)
			}
			plan := Sync(v)
			require.Equal(t, c.create, plan.Create)
			deleted := outcome(nil)
			for _, d := range plan.Delete {
				if deleted == nil {
					deleted = outcome{}
				}
				deleted[d.Pod.Name] = d.Reason
			}
			require.Equal(t, c.deleted, deleted)
		})
	}
}
