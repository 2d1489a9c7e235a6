package daemonset

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
	consistencyutil "k8s.io/kubernetes/pkg/controller/util/consistency"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	os.Exit(m.Run())
}

// upstream is the real DaemonSet controller, whose caches are filled by hand
// and whose sync is called directly: one decision at a time. It lives in a
// synctest bubble, whose clock its back-off reads. What it does becomes a log
// of lines.
type upstream struct {
	t         *testing.T
	informers informers.SharedInformerFactory
	dsc       *daemon.DaemonSetsController
	world     *world

	mu      sync.Mutex // it creates and deletes pods in goroutines
	log     []string
	chosen  map[string]bool // nodes on which it made or deleted a pod
	deleted map[string]bool // pods
}

func newUpstream(t *testing.T, w *world) *upstream {
	u := &upstream{t: t, world: w}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", u.react)
	u.informers = informers.NewSharedInformerFactory(client, 0)
	a, c := u.informers.Apps().V1(), u.informers.Core().V1()
	var err error
	u.dsc, err = daemon.NewDaemonSetsController(u.context(), a.DaemonSets(), a.ControllerRevisions(), c.Pods(), c.Nodes(),
		client,
		flowcontrol.NewBackOff(time.Second, 15*time.Minute))
	require.NoError(t, err)
	drive.Get[record.EventBroadcaster](u.dsc, "eventBroadcaster").Shutdown()
	for _, name := range []string{"queue", "nodeUpdateQueue"} {
		drive.Get[workqueue.TypedRateLimitingInterface[string]](u.dsc, name).ShutDown()
	}
	drive.Set(u.dsc, "queue", queueLog{u: u})
	events := drive.Events(func(_ runtime.Object, eventType, reason, message string) {
		u.note("event %s %s %s", eventType, reason, message)
	})
	drive.Set(u.dsc, "eventRecorder", events)
	drive.Set(u.dsc, "podControl", controller.RealPodControl{KubeClient: client, Recorder: events})
	drive.Set(u.dsc, "consistencyStore", consistencyutil.NewNoopConsistencyStore())
	return u
}

func (u *upstream) context() context.Context { return klog.NewContext(u.t.Context(), quiet) }

func (u *upstream) note(format string, args ...any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.log = append(u.log, fmt.Sprintf(format, args...))
}

// fill replaces what the caches hold.
func (u *upstream) fill() {
	w := u.world
	u.log, u.chosen, u.deleted = nil, map[string]bool{}, map[string]bool{}
	replace(u.t, u.informers.Apps().V1().DaemonSets().Informer(), []*apps.DaemonSet{w.ds})
	replace(u.t, u.informers.Apps().V1().ControllerRevisions().Informer(), w.revisions)
	replace(u.t, u.informers.Core().V1().Pods().Informer(), w.pods)
	replace(u.t, u.informers.Core().V1().Nodes().Informer(), w.nodes)
}

func replace[T runtime.Object](t *testing.T, i cache.SharedIndexInformer, list []T) {
	all := []any{}
	for _, o := range list {
		all = append(all, o.DeepCopyObject())
	}
	require.NoError(t, i.GetIndexer().Replace(all, "1"))
}

// sync is one sync of the controller.
func (u *upstream) sync() {
	u.fill()
	drive.Set(u.dsc, "expectations", controller.ControllerExpectationsInterface(controller.NewControllerExpectations()))
	handler := drive.Get[func(context.Context, string) error](u.dsc, "syncHandler")
	if err := handler(u.context(), "default/"+u.world.ds.Name); err != nil {
		u.note("%s", retryLine(err))
	}
}

// react is the API server.
func (u *upstream) react(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := action.GetResource().Resource
	switch a := action.(type) {
	case clienttesting.DeleteAction:
		u.note("delete %s %s", resource, a.GetName())
		if pod := u.world.pod(a.GetName()); pod != nil && resource == "pods" {
			u.choose(pod)
			u.deleted[pod.Name] = true
		}
		return true, nil, nil
	case clienttesting.UpdateAction: // which a creation looks like, too
		return u.write(action.GetVerb(), resource, a)
	case clienttesting.GetAction:
		if resource == "daemonsets" {
			return true, u.world.ds.DeepCopy(), nil
		}
		return true, u.world.revision(a.GetName()), nil
	}
	u.t.Errorf("upstream asks for %s of %s", action.GetVerb(), resource)
	return true, nil, nil
}

func (u *upstream) choose(pod *v1.Pod) {
	node, err := util.GetTargetNodeName(pod)
	require.NoError(u.t, err)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.chosen[node] = true
}

func (u *upstream) write(verb, resource string, a clienttesting.UpdateAction) (bool, runtime.Object, error) {
	o := a.GetObject().DeepCopyObject()
	switch o := o.(type) {
	case *v1.Pod:
		u.note("create pods %s", text(o))
		u.choose(o)
		o.Name = u.world.nextName(o)
	case *apps.DaemonSet:
		u.note("status %s", text(o.Status))
	case *apps.ControllerRevision:
		if verb == "create" && u.world.revision(o.Name) != nil {
			return true, nil, apierrors.NewAlreadyExists(apps.Resource("controllerrevisions"), o.Name)
		}
		u.note("%s %s %s", verb, resource, text(o))
	}
	return true, o, nil
}

// text is an object as JSON, which has times in whole seconds, as the API does.
func text(o any) string {
	j, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(j)
}

// retryLine leaves out the node's name: of several that are missing upstream
// names any.
func retryLine(err error) string {
	before, _, _ := strings.Cut(err.Error(), "nodeName")
	return "again soon: " + before
}

type queueLog struct {
	workqueue.TypedRateLimitingInterface[string]
	u *upstream
}

func (q queueLog) Add(string)                         { q.u.note("again now") }
func (q queueLog) AddAfter(_ string, d time.Duration) { q.u.note("again after %s", d) }

// ours is the log of a decision.
func (w *world) ours(actions []Action) (log []string) {
	note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	for _, action := range actions {
		switch a := action.(type) {
		case CreateRevision:
			note("create controllerrevisions %s", text(a.Revision))
		case UpdateRevision:
			note("update controllerrevisions %s", text(a.Revision))
		case DeleteRevision:
			note("delete controllerrevisions %s", a.Revision.Name)
		case CreatePods:
			for i := range a.Nodes {
				pod := a.Pod(i)
				sent := pod.DeepCopy()
				sent.Namespace = "" // the path has it
				note("create pods %s", text(sent))
				e := PodCreated(w.nextName(pod))
				note("event %s %s %s", e.Type, e.Reason, e.Message)
			}
		case DeletePods:
			for _, pod := range a.Pods {
				note("delete pods %s", pod.Name)
			}
		case UpdateStatus:
			note("status %s", text(a.Status))
		case RequeueAfter:
			note("again after %s", a.After)
		case Retry:
			note("%s", retryLine(a.Err))
		case Event:
			note("event %s %s %s", a.Type, a.Reason, a.Message)
		}
	}
	return log
}

// canonical orders what upstream does in no order: it goes over maps of nodes
// and writes pods in goroutines.
func canonical(log []string) []string {
	log = slices.Clone(log)
	class := func(line string) string {
		for prefix, class := range map[string]string{
			"create pods": "create", "event Normal SuccessfulCreate": "create",
			"delete pods": "delete", "event Normal SuccessfulDelete": "delete",
			"event Warning FailedDaemonPod": "ended", "event Normal SucceededDaemonPod": "ended", "again after": "ended",
		} {
			if strings.HasPrefix(line, prefix) {
				return class
			}
		}
		return line
	}
	for i := 0; i < len(log); {
		j := i
		for j < len(log) && class(log[j]) == class(log[i]) {
			j++
		}
		slices.Sort(log[i:j])
		i = j
	}
	return log
}

// outline is what is left of a log when upstream's choice among pods is not to
// be told.
func outline(log []string) (lines []string) {
	for _, line := range canonical(log) {
		switch {
		case strings.HasPrefix(line, "delete pods"), strings.HasPrefix(line, "create pods"):
			line = line[:11]
		case strings.HasPrefix(line, "event Normal Successful"):
			line = line[:24]
		}
		lines = append(lines, line)
	}
	return lines
}
