package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/deployment"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	consistencyutil "k8s.io/kubernetes/pkg/controller/util/consistency"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

// upstream is the real Deployment and ReplicaSet controllers, whose caches are
// filled by hand and whose sync is called directly: one decision at a time. It
// lives in a synctest bubble, whose clock the controllers read. What they do
// becomes a log of lines.
type upstream struct {
	t         *testing.T
	informers informers.SharedInformerFactory
	dc        *deployment.DeploymentController
	rsc       *replicaset.ReplicaSetController
	versions  map[string]int // of the API server's objects, by resource and name
	log       []string
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{t: t}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", u.react)
	u.informers = informers.NewSharedInformerFactory(client, 0)
	a, c := u.informers.Apps().V1(), u.informers.Core().V1()
	ctx := klog.NewContext(t.Context(), silent)
	var err error
	u.dc, err = deployment.NewDeploymentController(ctx, a.Deployments(), a.ReplicaSets(), c.Pods(), client)
	require.NoError(t, err)
	u.rsc = replicaset.NewReplicaSetController(ctx, a.ReplicaSets(), c.Pods(), client, replicaset.BurstReplicas)
	for _, x := range []any{u.dc, u.rsc} {
		drive.Get[record.EventBroadcaster](x, "eventBroadcaster").Shutdown()
		drive.Get[workqueue.TypedRateLimitingInterface[string]](x, "queue").ShutDown()
		drive.Set(x, "queue", queueLog{u: u})
	}
	drive.Set(u.dc, "eventRecorder", drive.Events(func(_ runtime.Object, eventType, reason, message string) {
		u.log = append(u.log, fmt.Sprintf("event %s %s %s", eventType, reason, message))
	}))
	drive.Set(u.rsc, "podControl", &controller.FakePodControl{})
	drive.Set(u.rsc, "consistencyStore", consistencyutil.NewNoopConsistencyStore())
	drive.Set(u.rsc, "podIndexer", byUID{c.Pods().Informer().GetIndexer()})
	return u
}

// fill replaces what the caches and the API server hold.
func (u *upstream) fill(d *apps.Deployment, sets []*apps.ReplicaSet, pods []*v1.Pod) {
	u.versions, u.log = map[string]int{}, []string{}
	read := func(resource string, o runtime.Object) any {
		o = o.DeepCopyObject()
		m, _ := meta.Accessor(o)
		m.SetResourceVersion("1")
		u.versions[resource+"/"+m.GetName()] = 1
		return o
	}
	a := u.informers.Apps().V1()
	replace := func(i cache.SharedIndexInformer, list []any) {
		require.NoError(u.t, i.GetIndexer().Replace(list, "1"))
	}
	var ds, rss, ps []any
	if d != nil {
		ds = append(ds, read("deployments", d))
	}
	for _, rs := range sets {
		rss = append(rss, read("replicasets", rs))
	}
	for _, pod := range pods {
		ps = append(ps, read("pods", pod))
	}
	replace(a.Deployments().Informer(), ds)
	replace(a.ReplicaSets().Informer(), rss)
	replace(u.informers.Core().V1().Pods().Informer(), ps)
}

// react is an API server with optimistic concurrency.
func (u *upstream) react(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := action.GetResource().Resource
	gr := action.GetResource().GroupResource()
	if d, ok := action.(clienttesting.DeleteAction); ok {
		u.log = append(u.log, "delete "+resource+" "+d.GetName())
		return true, nil, nil
	}
	a, ok := action.(clienttesting.CreateAction)
	if !ok {
		u.t.Errorf("upstream reads %s from the API server", resource)
		return true, nil, nil
	}
	o := a.GetObject().DeepCopyObject()
	m, err := meta.Accessor(o)
	require.NoError(u.t, err)
	key := resource + "/" + m.GetName()
	switch version := u.versions[key]; {
	case action.GetVerb() == "create" && version != 0:
		return true, nil, apierrors.NewAlreadyExists(gr, m.GetName())
	case action.GetVerb() == "update" && m.GetResourceVersion() != fmt.Sprint(version):
		return true, nil, apierrors.NewConflict(gr, m.GetName(), nil)
	}
	u.log = append(u.log, line(action.GetVerb(), resource, action.GetSubresource(), o))
	u.versions[key]++
	m.SetResourceVersion(fmt.Sprint(u.versions[key]))
	return true, o, nil
}

// line is a write as text. JSON has times in whole seconds, as the API does.
func line(verb, resource, subresource string, o runtime.Object) string {
	o = o.DeepCopyObject()
	m, _ := meta.Accessor(o)
	m.SetResourceVersion("")
	m.SetGeneration(0)
	switch o := o.(type) {
	case *apps.ReplicaSet:
		if subresource == "" {
			o.Status = apps.ReplicaSetStatus{} // not written
		} else {
			o.Spec = apps.ReplicaSetSpec{}
		}
	case *apps.Deployment:
		if subresource == "" {
			o.Status = apps.DeploymentStatus{}
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s %s", verb, resource, subresource, text)
}

type queueLog struct {
	workqueue.TypedRateLimitingInterface[string]
	u *upstream
}

func (q queueLog) AddAfter(_ string, d time.Duration) {
	q.u.log = append(q.u.log, "again after "+d.String())
}

func (q queueLog) AddRateLimited(string) { q.u.log = append(q.u.log, "again soon") }

// checkDeployment compares one decision about a Deployment.
func (u *upstream) checkDeployment(v DeploymentView, actions []Action) {
	u.t.Helper()
	theirs, ours := u.deploymentLogs(v, actions)
	require.Equal(u.t, theirs, ours)
}

// deploymentLogs are what the real controller and what ours does.
func (u *upstream) deploymentLogs(v DeploymentView, actions []Action) (theirs, ours []string) {
	u.t.Helper()
	var pods []*v1.Pod
	for _, rs := range v.ReplicaSets {
		pods = append(pods, v.Pods[rs.UID]...)
	}
	u.fill(v.Deployment, v.ReplicaSets, pods)
	sync := drive.Get[func(context.Context, string) error](u.dc, "syncHandler")
	err := sync(klog.NewContext(u.t.Context(), silent), "default/"+v.Deployment.Name)
	if err != nil {
		require.True(u.t, apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err), "%v", err)
		u.log = append(u.log, "again soon")
	}
	cond := deploymentutil.GetDeploymentCondition(v.Deployment.Status, apps.DeploymentProgressing)
	if err == nil && cond != nil && cond.Reason == deploymentutil.NewRSAvailableReason {
		// The one known difference: these requeues come to nothing.
		u.log = slices.DeleteFunc(u.log, func(s string) bool { return s[:5] == "again" })
	}
	ours = []string{}
	for _, a := range actions {
		ours = append(ours, deploymentLine(v.Deployment, a))
	}
	return u.log, ours
}

func deploymentLine(read *apps.Deployment, action Action) string {
	switch a := action.(type) {
	case CreateReplicaSet:
		return line("create", "replicasets", "", a.ReplicaSet)
	case UpdateReplicaSet:
		return line("update", "replicasets", "", a.ReplicaSet)
	case DeleteReplicaSet:
		return "delete replicasets " + a.ReplicaSet.Name
	case UpdateDeployment:
		if a.Deployment.Generation == read.Generation {
			return line("update", "deployments", "status", a.Deployment)
		}
		return line("update", "deployments", "", a.Deployment)
	case UpdateDeploymentStatus:
		d := read.DeepCopy()
		d.Status = a.Status
		return line("update", "deployments", "status", d)
	case Event:
		return fmt.Sprintf("event %s %s %s", a.Type, a.Reason, a.Message)
	case RequeueAfter:
		if a.After < time.Second+retryDelay {
			return "again soon"
		}
		return "again after " + a.After.String()
	}
	return fmt.Sprintf("%T", action)
}

// checkReplicaSet compares one decision about a ReplicaSet.
func (u *upstream) checkReplicaSet(v ReplicaSetView, siblings []*apps.ReplicaSet, all []*v1.Pod, actions []Action) {
	u.t.Helper()
	theirs, ours := u.replicaSetLogs(v, siblings, all, actions)
	require.Equal(u.t, theirs, ours)
}

// replicaSetLogs are what the real controller and what ours does. How many pods
// a creation that fails has tried is up to the caller.
func (u *upstream) replicaSetLogs(v ReplicaSetView, siblings []*apps.ReplicaSet, all []*v1.Pod, actions []Action) (theirs, ours []string) {
	u.t.Helper()
	u.fill(nil, siblings, all)
	pods := drive.Get[controller.PodControlInterface](u.rsc, "podControl").(*controller.FakePodControl)
	pods.Clear()
	pods.Err = v.Failure
	drive.Set(u.rsc, "expectations", controller.NewUIDTrackingControllerExpectations(controller.NewControllerExpectations()))
	sync := drive.Get[func(context.Context, string) error](u.rsc, "syncHandler")
	err := sync(klog.NewContext(u.t.Context(), silent), "default/"+v.ReplicaSet.Name)
	if attempted := pods.CreateCallCount > 0 || len(pods.DeletePodName) > 0; attempted {
		require.Equal(u.t, v.Failure, err)
	} else {
		require.NoError(u.t, err)
	}

	theirs, ours = u.log, []string{}
	created, deleted := 0, []string{}
	for _, action := range actions {
		switch a := action.(type) {
		case CreatePods:
			created = a.Count
		case DeletePods:
			for _, pod := range a.Pods {
				deleted = append(deleted, pod.Name)
			}
		case UpdateReplicaSetStatus:
			rs := v.ReplicaSet.DeepCopy()
			rs.Status = a.Status
			ours = append(ours, line("update", "replicasets", "status", rs))
		case RequeueAfter:
			ours = append(ours, "again after "+a.After.String())
		}
	}
	if v.Failure == nil {
		theirs, ours = append(theirs, fmt.Sprint("created ", pods.CreateCallCount)), append(ours, fmt.Sprint("created ", created))
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
