package statefulset

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/watch"
)

// TestARolloutTakesTheStepsOfARecordedOne replays a rollout that was recorded
// from etcd and the 1.37.2 control plane: 4 replicas, OrderedReady, pods ready
// 5 s after they are bound and gone 3 s after they are deleted.
func TestARolloutTakesTheStepsOfARecordedOne(t *testing.T) {
	d := newDriven(0, Sync)
	d.readyAfter, d.stopAfter = 5*time.Second, 3*time.Second
	var statuses []string
	observed, seen := d.changed, ""
	d.changed = func(resource string, event watch.EventType, o object) {
		observed(resource, event, o)
		if resource != setsResource {
			return
		}
		s := statusOf(o)
		if s != seen {
			statuses, seen = append(statuses, s), s
		}
	}
	_, err := d.create(setsResource, db(4))
	require.NoError(t, err)
	require.NoError(t, d.run(100*time.Second))
	// replicas/ready/available/current/updated, * once the update is complete.
	require.Equal(t, []string{
		"0/0/0/0/0", "0/0/0/0/0*", "1/0/0/1/1*", "1/1/1/1/1*", "2/1/1/2/2*", "2/2/2/2/2*",
		"3/2/2/3/3*", "3/3/3/3/3*", "4/3/3/4/4*", "4/4/4/4/4*",
	}, statuses)

	statuses, d.events, d.log = nil, nil, nil
	next, err := SetImage(d.set(), "c", "app:v2")
	d.write(t, next, err)
	require.Equal(t, []string{
		"4/4/4/3/0", "3/3/3/3/0", "4/3/3/3/1", "4/4/4/2/1", "3/3/3/2/1", "4/3/3/2/2", "4/4/4/1/2", "3/3/3/1/2",
		"4/3/3/1/3", "4/4/4/0/3", "3/3/3/0/3", "4/3/3/0/4", "4/4/4/4/4*",
	}, statuses)

	// What is written to pods, with the recorded times in seconds since the
	// new image. The recorded control plane adds up to 0.02 s a step.
	recorded := []struct {
		what, pod string
		at        float64
	}{
		{"delete", "db-3", 0.030}, {"create", "db-3", 3.048},
		{"delete", "db-2", 8.082}, {"create", "db-2", 11.109},
		{"delete", "db-1", 16.163}, {"create", "db-1", 19.183},
		{"delete", "db-0", 24.228}, {"create", "db-0", 27.248},
	}
	require.Len(t, d.log, len(recorded))
	for i, want := range recorded {
		var at, what, pod string
		_, err := fmt.Sscan(d.log[i], &at, &what, &pod)
		require.NoError(t, err)
		require.Equal(t, want.what+" "+want.pod, what+" "+pod)
		elapsed, err := time.ParseDuration(at)
		require.NoError(t, err)
		require.InDelta(t, want.at, elapsed.Seconds()-100, 0.3, d.log[i])
	}
	for i, e := range d.events {
		verb := []string{"Delete", "Create"}[i%2]
		require.Equal(t, Event{Type: "Normal", Reason: "Successful" + verb,
			Message: verb + " Pod " + recorded[i].pod + " in StatefulSet db successful"}, e)
	}
	require.Len(t, d.events, len(recorded))
}
