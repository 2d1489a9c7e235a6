package daemonset

import (
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	"k8s.io/kubernetes/pkg/controller/daemon"
)

func TestVerbs(t *testing.T) {
	w := quietWorld(t, agent(), 2)
	w.apply(decide(t, w))
	_, err := RolloutUndo(w.ds, w.revisions, 0)
	require.EqualError(t, err, "no last revision to roll back to")

	next, err := SetImage(w.ds, "c", "v2")
	require.NoError(t, err)
	_, err = SetImage(w.ds, "x", "v2")
	require.EqualError(t, err, `unable to find container named "x"`)
	w.ds = next
	w.apply(decide(t, w))
	require.Len(t, w.revisions, 2)

	back, err := RolloutUndo(w.ds, w.revisions, 0)
	require.NoError(t, err)
	require.Equal(t, agent().Spec, back.Spec)
	first, err := RolloutUndo(w.ds, w.revisions, 1)
	require.NoError(t, err)
	require.Equal(t, back, first)
	same, err := RolloutUndo(w.ds, w.revisions, 2)
	require.NoError(t, err)
	require.Equal(t, w.ds, same)
	for _, revision := range []int64{3, -1} {
		_, err = RolloutUndo(w.ds, w.revisions, revision)
		require.ErrorContains(t, err, "unable to find specified revision")
	}

	w.ds = back
	w.apply(decide(t, w))
	require.Len(t, w.revisions, 2, "the old revision comes back")
	require.Equal(t, int64(3), w.revisions[0].Revision)

	restarted, err := RolloutRestart(w.ds, noon)
	require.NoError(t, err)
	_, err = RolloutRestart(restarted, noon)
	require.ErrorContains(t, err, "if restart has already been triggered within the past second")
}

// TestRevisionsAreUpstreams: upstream's Match knows the revision of a template.
func TestRevisionsAreUpstreams(t *testing.T) {
	for seed := range uint64(50) {
		w := newWorld(t, seed, noon)
		w.step()
		w.ds.Spec.Template.Annotations = map[string]string{"big": "<9007199254740993>"}
		grace := int64(9007199254740993)
		w.ds.Spec.Template.Spec.TerminationGracePeriodSeconds = &grace
		actions := decide(t, w)
		match, err := daemon.Match(w.ds, actions[0].(CreateRevision).Revision)
		require.NoError(t, err)
		require.True(t, match)
		other := w.ds.DeepCopy()
		other.Spec.Template.Spec.HostNetwork = true
		match, err = daemon.Match(other, actions[0].(CreateRevision).Revision)
		require.NoError(t, err)
		require.False(t, match)
		_, err = RolloutUndo(other, []*apps.ControllerRevision{actions[0].(CreateRevision).Revision}, 1)
		require.NoError(t, err)
	}
}
