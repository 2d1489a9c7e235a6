package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
)

func rolloutsOf(records []record.Record) (list []string) {
	for _, r := range records {
		if r, is := r.(record.Rollout); is {
			list = append(list, fmt.Sprintf("%.0f %s", r.T.Seconds(), r.Phase))
		}
	}
	return list
}

// A quota of one ReplicaSet has no room for that of a new image. The Deployment's
// controller is woken by the condition that it writes, tries 15 times again, 5 ms,
// 10 ms … 82 s after each other, and waits until somebody changes the Deployment.
func TestAQuotaWithoutRoomForAReplicaSetStopsARollout(t *testing.T) {
	spec := recorded(2, 1, rollingBy(1, 0), newImage(60))
	spec.Duration = 15 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("count/replicasets.apps", "1"))
	spec.Timeline = append(spec.Timeline,
		step(400, cluster.Apply{Objects: []runtime.Object{quotaOf("count/replicasets.apps", "2")}}),
		step(600, cluster.Rollout{Target: web, Verb: cluster.Restart}))
	records := play(t, spec, 0)
	list := refusalsOf(records)
	require.Len(t, list, 2)
	const what = `exceeded quota: compute, requested: count/replicasets.apps=1, used: count/replicasets.apps=1, limited: ` +
		`count/replicasets.apps=1`
	assert.Regexp(t, `^60\.0\d ReplicaSet of default/Deployment/web by Deployment default/web, 1 times: `+what+`$`,
		list[0])
	assert.Regexp(t, `^600\.0\d ReplicaSet of default/Deployment/web by Deployment default/web, 15 times: `+what+`$`,
		list[1])
	assert.Equal(t, []string{"0 started", "1 complete", "600 started"}, rolloutsOf(records)[:3])
}

// A quota of one ControllerRevision has no room for that of a new image: the
// StatefulSet keeps its pods and tells nobody, and its controller tries again until
// there is room.
func TestAQuotaWithoutRoomForARevisionHoldsAStatefulSet(t *testing.T) {
	spec := stateful(2, nil, newDBImage(60))
	spec.Duration = 10 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("count/controllerrevisions.apps", "1"))
	spec.Timeline = append(spec.Timeline,
		step(100, cluster.Apply{Objects: []runtime.Object{quotaOf("count/controllerrevisions.apps", "2")}}))
	records := play(t, spec, 0)
	list := refusalsOf(records)
	require.Len(t, list, 2)
	assert.Contains(t, list[0], "ControllerRevision of default/StatefulSet/")
	assert.Equal(t, []string{"101 started", "117 complete"}, rolloutsOf(records)[2:])
}

// It is the same with a DaemonSet.
func TestAQuotaWithoutRoomForARevisionHoldsADaemonSet(t *testing.T) {
	spec := daemons(nil, step(60, cluster.SetImage{Target: agent, Container: "c", Image: "app:v2"}))
	spec.Duration = 10 * time.Minute
	spec.Objects = append(spec.Objects, quotaOf("count/controllerrevisions.apps", "1"))
	spec.Timeline = append(spec.Timeline,
		step(100, cluster.Apply{Objects: []runtime.Object{quotaOf("count/controllerrevisions.apps", "2")}}))
	records := play(t, spec, 0)
	list := refusalsOf(records)
	require.Len(t, list, 2)
	// 60 s + 5 ms + 10 ms + … + 20.48 s
	assert.Regexp(t, `^101\.\d\d ControllerRevision of default/DaemonSet/agent by DaemonSet default/agent, 12 times: `,
		list[1])
	assert.Equal(t, []string{"0 started", "5 complete", "101 started", "125 complete"}, rolloutsOf(records))
}
