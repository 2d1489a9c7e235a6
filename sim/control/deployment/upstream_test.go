package deployment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/deployment"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
	"github.com/kube-rehearse/rehearse/sim/control/internal/twin"
)

// upstream is the real Deployment controller, whose caches are filled by hand
// and whose sync is called directly: one decision at a time. It lives in a
// synctest bubble, whose clock the controller reads.
type upstream struct {
	*twin.API
	t  *testing.T
	dc *deployment.DeploymentController
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{API: twin.NewAPI(t), t: t}
	a, c := u.Informers.Apps().V1(), u.Informers.Core().V1()
	var err error
	u.dc, err = deployment.NewDeploymentController(klog.NewContext(t.Context(), silent), a.Deployments(), a.ReplicaSets(),
		c.Pods(), u.Client)
	require.NoError(t, err)
	drive.Get[record.EventBroadcaster](u.dc, "eventBroadcaster").Shutdown()
	drive.Get[workqueue.TypedRateLimitingInterface[string]](u.dc, "queue").ShutDown()
	drive.Set(u.dc, "queue", u.Queue())
	drive.Set(u.dc, "eventRecorder", drive.Events(func(_ runtime.Object, eventType, reason, message string) {
		u.Log = append(u.Log, fmt.Sprintf("event %s %s %s", eventType, reason, message))
	}))
	return u
}

// check compares one decision.
func (u *upstream) check(v View, actions []Action) {
	u.t.Helper()
	theirs, ours := u.logs(v, actions)
	require.Equal(u.t, theirs, ours)
}

// checkRefusals compares what follows when the API server does not take one of the
// writes of a decision, each in turn: a new ReplicaSet for its quota, others as
// somebody has written the object in between. It returns how many there are.
func (u *upstream) checkRefusals(v View, actions []Action, now time.Time) (n int) {
	u.t.Helper()
	defer func() { u.Refuse = nil }()
	for i, a := range actions {
		if !writes(a) {
			continue
		}
		u.Refuse, u.RefuseAt = apierrors.NewConflict(apps.Resource("objects"), "web", nil), n
		if _, creates := a.(CreateReplicaSet); creates {
			u.Refuse = apierrors.NewForbidden(apps.Resource("replicasets"), "web", errors.New("exceeded quota"))
		}
		v.Refused = map[int]error{n: u.Refuse}
		after, err := Sync(v, now)
		require.NoError(u.t, err)
		require.Equal(u.t, actions[:i+1], after[:i+1], "what came before stays")
		u.check(v, slices.Delete(after, i, i+1))
		n++
	}
	return n
}

func writes(a Action) bool {
	switch a.(type) {
	case Event, RequeueAfter, Refused, Retry:
		return false
	}
	return true
}

// logs are what the real controller and what ours does.
func (u *upstream) logs(v View, actions []Action) (theirs, ours []string) {
	u.t.Helper()
	var pods []*v1.Pod
	for _, rs := range v.ReplicaSets {
		pods = append(pods, v.Pods[rs.UID]...)
	}
	u.Fill(v.Deployment, v.ReplicaSets, pods)
	sync := drive.Get[func(context.Context, string) error](u.dc, "syncHandler")
	err := sync(klog.NewContext(u.t.Context(), silent), "default/"+v.Deployment.Name)
	if err != nil {
		soon := apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsForbidden(err)
		require.True(u.t, soon, "%v", err)
		u.Log = append(u.Log, "again soon")
	}
	cond := deploymentutil.GetDeploymentCondition(v.Deployment.Status, apps.DeploymentProgressing)
	if err == nil && cond != nil && cond.Reason == deploymentutil.NewRSAvailableReason {
		// The one known difference: these requeues come to nothing.
		u.Log = slices.DeleteFunc(u.Log, func(s string) bool { return s[:5] == "again" })
	}
	ours = []string{}
	for _, a := range actions {
		ours = append(ours, line(v.Deployment, a))
	}
	return u.Log, ours
}

func line(read *apps.Deployment, action Action) string {
	switch a := action.(type) {
	case CreateReplicaSet:
		return twin.Line("create", "replicasets", "", a.ReplicaSet)
	case UpdateReplicaSet:
		return twin.Line("update", "replicasets", "", a.ReplicaSet)
	case DeleteReplicaSet:
		return "delete replicasets " + a.ReplicaSet.Name
	case UpdateDeployment:
		if a.Deployment.Generation == read.Generation {
			return twin.Line("update", "deployments", "status", a.Deployment)
		}
		return twin.Line("update", "deployments", "", a.Deployment)
	case UpdateStatus:
		d := read.DeepCopy()
		d.Status = a.Status
		return twin.Line("update", "deployments", "status", d)
	case Event:
		return fmt.Sprintf("event %s %s %s", a.Type, a.Reason, a.Message)
	case Refused, Retry:
		return "again soon"
	case RequeueAfter:
		if a.After < time.Second+retryDelay {
			return "again soon"
		}
		return "again after " + a.After.String()
	}
	return fmt.Sprintf("%T", action)
}
