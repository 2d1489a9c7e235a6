package twin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	upstream "k8s.io/kubernetes/pkg/controller/replicaset"
	consistencyutil "k8s.io/kubernetes/pkg/controller/util/consistency"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
	"github.com/kube-rehearse/rehearse/sim/control/replicaset"
)

// ReplicaSets is the real ReplicaSet controller, whose sync is called directly:
// one decision at a time. It lives in a synctest bubble, whose clock the
// controller reads.
type ReplicaSets struct {
	api        *API
	controller *upstream.ReplicaSetController
}

// NewReplicaSets makes a controller that works with api.
func NewReplicaSets(api *API) *ReplicaSets {
	a, c := api.Informers.Apps().V1(), api.Informers.Core().V1()
	rsc := upstream.NewReplicaSetController(klog.NewContext(api.t.Context(), klog.Logger{}), a.ReplicaSets(), c.Pods(),
		api.Client, upstream.BurstReplicas)
	drive.Get[record.EventBroadcaster](rsc, "eventBroadcaster").Shutdown()
	drive.Get[workqueue.TypedRateLimitingInterface[string]](rsc, "queue").ShutDown()
	drive.Set(rsc, "queue", api.Queue())
	drive.Set(rsc, "podControl", &controller.FakePodControl{})
	drive.Set(rsc, "consistencyStore", consistencyutil.NewNoopConsistencyStore())
	drive.Set(rsc, "podIndexer", byUID{c.Pods().Informer().GetIndexer()})
	return &ReplicaSets{api, rsc}
}

// Check compares one decision about a ReplicaSet.
func (r *ReplicaSets) Check(t testing.TB, v replicaset.View, siblings []*apps.ReplicaSet, all []*v1.Pod,
	actions []replicaset.Action) {
	t.Helper()
	theirs, ours := r.Logs(v, siblings, all, actions)
	require.Equal(t, theirs, ours)
}

// Logs are what the real controller does among siblings and all pods, and what
// ours does. How many pods a creation that fails has tried is up to the caller.
func (r *ReplicaSets) Logs(v replicaset.View, siblings []*apps.ReplicaSet, all []*v1.Pod, actions []replicaset.Action) (
	theirs, ours []string) {
	t := r.api.t
	t.Helper()
	r.api.Fill(nil, siblings, all)
	pods := drive.Get[controller.PodControlInterface](r.controller, "podControl").(*controller.FakePodControl)
	pods.Clear()
	pods.Err = v.Failure
	drive.Set(r.controller, "expectations",
		controller.NewUIDTrackingControllerExpectations(controller.NewControllerExpectations()))
	sync := drive.Get[func(context.Context, string) error](r.controller, "syncHandler")
	err := sync(klog.NewContext(t.Context(), klog.Logger{}), "default/"+v.ReplicaSet.Name)
	if attempted := pods.CreateCallCount > 0 || len(pods.DeletePodName) > 0; attempted {
		require.Equal(t, v.Failure, err)
	} else {
		require.NoError(t, err)
	}

	theirs, ours = r.api.Log, []string{}
	created, deleted := 0, []string{}
	for _, action := range actions {
		switch a := action.(type) {
		case replicaset.CreatePods:
			created = a.Count
		case replicaset.DeletePods:
			for _, pod := range a.Pods {
				deleted = append(deleted, pod.Name)
			}
		case replicaset.UpdateStatus:
			rs := v.ReplicaSet.DeepCopy()
			rs.Status = a.Status
			ours = append(ours, Line("update", "replicasets", "status", rs))
		case replicaset.RequeueAfter:
			ours = append(ours, "again after "+a.After.String())
		}
	}
	if v.Failure == nil {
		theirs, ours = append(theirs, fmt.Sprint("created ", pods.CreateCallCount)),
			append(ours, fmt.Sprint("created ", created))
	}
	gone := slices.Clone(pods.DeletePodName)
	slices.Sort(gone) // they are deleted side by side
	slices.Sort(deleted)
	return append(theirs, gone...), append(ours, deleted...)
}

// byUID is an index that doesn't answer in the order of a map.
type byUID struct{ cache.Indexer }

func (x byUID) ByIndex(index, value string) ([]any, error) {
	list, err := x.Indexer.ByIndex(index, value)
	slices.SortFunc(list, func(a, b any) int { return cmp.Compare(a.(*v1.Pod).UID, b.(*v1.Pod).UID) })
	return list, err
}
