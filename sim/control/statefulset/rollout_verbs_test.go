package statefulset

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
)

// rolledOut is a world whose StatefulSet is complete.
func rolledOut(t *testing.T, set *apps.StatefulSet) *driven {
	d := newDriven(0, Sync)
	d.readyAfter, d.stopAfter = 5*time.Second, 3*time.Second
	_, err := d.create(setsResource, set)
	require.NoError(t, err)
	require.NoError(t, d.run(100*time.Second))
	return d
}

// write is what a user does, played until the controller rests again.
func (d *driven) write(t *testing.T, set *apps.StatefulSet, err error) {
	t.Helper()
	require.NoError(t, err)
	_, err = d.update(setsResource, set, false)
	require.NoError(t, err)
	require.NoError(t, d.run(d.clock.now().Sub(epoch)+100*time.Second))
}

func (d *driven) revisions() map[int64]string {
	m := map[int64]string{}
	for _, r := range list[*apps.ControllerRevision](d.store, revisionsResource) {
		m[r.Revision] = r.Name
	}
	return m
}

func (d *driven) undo(t *testing.T, to int64) {
	t.Helper()
	next, err := RolloutUndo(d.set(), list[*apps.ControllerRevision](d.store, revisionsResource), to)
	d.write(t, next, err)
}

func image(set *apps.StatefulSet) string { return set.Spec.Template.Spec.Containers[0].Image }

func TestRolloutUndoGoesBackAndGivesTheOldRevisionANewNumber(t *testing.T) {
	d := rolledOut(t, db(2))
	for _, image := range []string{"v2", "v3"} {
		next, err := SetImage(d.set(), "c", image)
		d.write(t, next, err)
	}
	names := d.revisions()
	require.Len(t, names, 3)

	d.undo(t, 0)
	require.Equal(t, "v2", image(d.set()))
	require.Equal(t, map[int64]string{1: names[1], 3: names[3], 4: names[2]}, d.revisions())
	require.Equal(t, names[2], d.set().Status.CurrentRevision, "the rollout is complete")

	d.undo(t, 1)
	require.Equal(t, "v1", image(d.set()))
	require.Equal(t, map[int64]string{3: names[3], 4: names[2], 5: names[1]}, d.revisions())

	before := d.set()
	d.undo(t, 5)
	require.Equal(t, before.Generation, d.set().Generation, "already at that revision")
}

func TestRolloutUndoRefusesRevisionsThatAreNotThere(t *testing.T) {
	d := rolledOut(t, db(1))
	revisions := list[*apps.ControllerRevision](d.store, revisionsResource)
	for to, message := range map[int64]string{
		0:  "no last revision to roll back to",
		7:  "unable to find specified revision 7 in history",
		-1: "unable to find specified revision -1 in history",
	} {
		_, err := RolloutUndo(d.set(), revisions, to)
		require.EqualError(t, err, message)
	}
	broken := revisions[0].DeepCopy()
	broken.Data.Raw = []byte("{")
	_, err := RolloutUndo(d.set(), []*apps.ControllerRevision{broken, nil}, 1)
	require.ErrorContains(t, err, "failed restoring revision 1: ")
}

func TestRolloutRestartReplacesEveryPodOnce(t *testing.T) {
	d := rolledOut(t, db(3))
	next, err := RolloutRestart(d.set(), d.clock.now())
	require.NoError(t, err)
	_, err = RolloutRestart(next, d.clock.now().Add(time.Millisecond))
	require.ErrorContains(t, err, "if restart has already been triggered within the past second")
	d.write(t, next, nil)
	for _, name := range []string{"db-0", "db-1", "db-2"} {
		require.Equal(t, 2, d.born[podsResource+name], name)
	}
}

func TestSetImageNamesAContainer(t *testing.T) {
	set := db(1)
	_, err := SetImage(set, "nginx", "v2")
	require.EqualError(t, err, `unable to find container named "nginx"`)
	next, err := SetImage(set, "*", "v2")
	require.NoError(t, err)
	require.Equal(t, "v2", image(next))
	require.Equal(t, "v1", image(set), "the original stays")
	require.EqualValues(t, 4, *Scale(set, 4).Spec.Replicas)
}
