package apiserver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ear counts what a watcher is told.
type ear int

func (e *ear) Changed(Change) { *e++ }

// deaf takes all records.
type deaf struct{}

func (deaf) Write(record.Record) error { return nil }

func newStore(t *testing.T) *Store {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := New(record.NewJournal(sim.NewLoop(), sim.NewStreams(1, 0), 0, start, deaf{}), kinds.Builtin())
	require.NoError(t, err)
	return s
}

// A write that changes nothing is taken and told to nobody, as long as nothing
// at all is different: what was stored stays, and who has seen it can write.
func TestAWriteThatChangesNothing(t *testing.T) {
	s, told := newStore(t), new(ear)
	s.Watch(told)
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"zone": "x"}}}
	node.Status.Capacity = v1.ResourceList{v1.ResourceCPU: resource.MustParse("2")}
	require.NoError(t, s.Create(node, Request{}))
	require.EqualValues(t, 1, *told)

	same := node.DeepCopy()
	same.Annotations = map[string]string{}                                              // none is none
	same.Status.Capacity = v1.ResourceList{v1.ResourceCPU: resource.MustParse("2000m")} // as many
	require.NoError(t, s.Update(node, same))
	require.NoError(t, s.UpdateStatus(node, same.DeepCopy()))
	accepted := false
	require.NoError(t, s.Replace(node, same.DeepCopy(), func() { accepted = true }))
	require.True(t, accepted)
	require.EqualValues(t, 1, *told)
	require.Same(t, node, s.Stored(node))

	other := node.DeepCopy()
	other.Status.Capacity = v1.ResourceList{v1.ResourceCPU: resource.MustParse("2001m")}
	require.NoError(t, s.UpdateStatus(node, other))
	require.EqualValues(t, 2, *told)
	require.Error(t, s.Update(node, same), "somebody has written it")
	labelled := other.DeepCopy()
	labelled.Labels["zone"] = "y"
	require.NoError(t, s.Update(other, labelled))
	require.EqualValues(t, 3, *told)
}
