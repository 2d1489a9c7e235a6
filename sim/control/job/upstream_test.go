package job

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	upstreamjob "k8s.io/kubernetes/pkg/controller/job"
	consistencyutil "k8s.io/kubernetes/pkg/controller/util/consistency"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	os.Exit(m.Run())
}

const jobKey = "default/train"

// upstream is the real controller in a synctest bubble, whose caches are filled
// by hand and which syncs when it is told to. Its writes go to a story.
type upstream struct {
	t          *testing.T
	informers  informers.SharedInformerFactory
	controller *upstreamjob.Controller
	order      *ordered
	mu         sync.Mutex
	log        []string
}

func newUpstream(t *testing.T, s *story) *upstream {
	u := &upstream{t: t}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		u.mu.Lock()
		defer u.mu.Unlock()
		return u.react(s, a)
	})
	u.informers = informers.NewSharedInformerFactory(client, 0)
	ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	var err error
	u.controller, err = upstreamjob.NewController(ctx, client, u.informers.Core().V1().Pods(),
		u.informers.Batch().V1().Jobs(), nil, nil)
	require.NoError(t, err)
	cancel() // ends the event broadcaster
	for _, queue := range []string{"queue", "orphanQueue"} {
		drive.Field(u.controller, queue).MethodByName("ShutDown").Call(nil)
	}
	var recorder record.EventRecorder = drive.Events(func(_ runtime.Object, kind, reason, message string) {
		if reason != controller.SuccessfulCreatePodReason && reason != controller.FailedCreatePodReason &&
			reason != controller.SuccessfulDeletePodReason {
			u.log = append(u.log, fmt.Sprint("event ", kind, " ", reason, ": ", message))
		}
	})
	drive.Set(u.controller, "recorder", recorder)
	drive.Set[controller.PodControlInterface](u.controller, "podControl", controller.RealPodControl{KubeClient: client,
		Recorder: recorder})
	drive.Set(u.controller, "consistencyStore", consistencyutil.NewNoopConsistencyStore())
	drive.Set[workqueue.TypedRateLimitingInterface[string]](u.controller, "queue", &requeues{u: u})
	u.order = &ordered{Indexer: u.informers.Core().V1().Pods().Informer().GetIndexer()}
	drive.Set[cache.Indexer](u.controller, "podIndexer", u.order)
	return u
}

// requeues is a work queue that writes down what is put off.
type requeues struct {
	workqueue.TypedRateLimitingInterface[string]
	u *upstream
}

func (q *requeues) AddAfter(_ string, d time.Duration) {
	q.u.log = append(q.u.log, fmt.Sprint("requeue after ", d))
}

// ordered gives the pods of the Job in the order of the view. Upstream's own
// index ranges a map; with it, which of equal pods goes first is a matter of
// chance.
type ordered struct {
	cache.Indexer
	pods []*v1.Pod
}

func (o *ordered) ByIndex(name, key string) ([]any, error) {
	found, err := o.Indexer.ByIndex(name, key)
	if len(found) == 0 {
		return nil, err
	}
	list := make([]any, len(o.pods))
	for i, p := range o.pods {
		list[i] = p
	}
	return list, err
}

// react carries out the controller's writes. Pods are written side by side, so
// what stands together in the log is sorted.
func (u *upstream) react(s *story, a clienttesting.Action) (bool, runtime.Object, error) {
	switch resource := a.GetResource().Resource; {
	case resource == "jobs" && a.GetVerb() == "update" && a.GetSubresource() == "status":
		job := a.(clienttesting.UpdateAction).GetObject().(*batch.Job)
		stored := s.writeStatus(job.Status)
		u.log = append(u.log, "status "+statusText(stored.Status))
		return true, stored, nil
	case resource == "pods" && a.GetVerb() == "create":
		sent := a.(clienttesting.CreateAction).GetObject().(*v1.Pod)
		u.log = append(u.log, podWrite+"create "+podText(sent))
		p, err := s.create(sent)
		if err != nil {
			return true, nil, err
		}
		return true, p, nil
	case resource == "pods" && a.GetVerb() == "delete":
		name := a.(clienttesting.DeleteAction).GetName()
		line := podWrite + "delete " + name
		if i := slices.Index(u.log, podWrite+"release "+name); i >= 0 {
			u.log[i] = podWrite + "release and delete " + name
		} else {
			u.log = append(u.log, line)
		}
		return true, nil, s.delete(name)
	case resource == "pods" && a.GetVerb() == "patch":
		patch := a.(clienttesting.PatchAction)
		require.JSONEq(u.t, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}`,
			string(patch.GetPatch()))
		u.log = append(u.log, podWrite+"release "+patch.GetName())
		return true, s.release(patch.GetName()), nil
	}
	panic("upstream asks for " + a.GetVerb() + " of " + a.GetResource().Resource)
}

const podWrite = "pod: "

// together sorts what is written side by side.
func together(log []string) []string {
	for i := 0; i < len(log); i++ {
		end := i
		for end < len(log) && strings.HasPrefix(log[end], podWrite) {
			end++
		}
		slices.Sort(log[i:end])
		i = max(i, end-1)
	}
	return log
}

// sync lets the controller sync the Job of the view once.
func (u *upstream) sync(s *story, v View) []string {
	u.log, s.attempts, s.created = nil, 0, 0
	jobs := u.informers.Batch().V1().Jobs().Informer().GetIndexer()
	require.NoError(u.t, jobs.Replace([]any{v.Job}, ""))
	list := make([]any, len(v.Pods))
	for i, p := range v.Pods {
		list[i] = p
	}
	require.NoError(u.t, u.order.Replace(list, ""))
	u.order.pods = v.Pods
	handler := drive.Get[func(context.Context, string) error](u.controller, "syncHandler")
	err := handler(klog.NewContext(u.t.Context(), klog.Logger{}), jobKey)
	require.Equal(u.t, s.attempts > s.created, err != nil, "a sync fails with a refused pod: %v", err)
	return together(u.log)
}

// observed lets the controller see the pods that it has written.
func (u *upstream) observed() {
	drive.Get[controller.ControllerExpectationsInterface](u.controller, "expectations").DeleteExpectations(klog.Logger{},
		jobKey)
	released := drive.Field(u.controller, "finalizerExpectations").Interface()
	store := drive.Get[cache.Store](released, "store")
	if set, known, _ := store.GetByKey(jobKey); known {
		uids := drive.Field(set, "set")
		uids.Set(reflect.MakeMap(uids.Type()))
	}
}

// text is what a decider does, in the words of upstream's log. Of the pods to
// create it is those that upstream came to send.
func text(s *story, actions []Action) []string {
	var log []string
	say := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	for _, action := range actions {
		switch a := action.(type) {
		case CreatePods:
			for _, p := range a.Pods[:min(s.attempts, len(a.Pods))] {
				say("%screate %s", podWrite, podText(p))
			}
		case DeletePods:
			verb := "delete"
			if a.Release {
				verb = "release and delete"
			}
			for _, p := range a.Pods {
				if !a.Release || hasJobTrackingFinalizer(p) {
					say("%s%s %s", podWrite, verb, p.Name)
				} else {
					say("%sdelete %s", podWrite, p.Name)
				}
			}
		case RemoveFinalizers:
			for _, p := range a.Pods {
				say("%srelease %s", podWrite, p.Name)
			}
		case UpdateStatus:
			say("status %s", statusText(a.Status))
		case RequeueAfter:
			say("requeue after %s", a.After)
		case Event:
			say("event %s %s: %s", a.Type, a.Reason, a.Message)
		}
	}
	return together(log)
}

func statusText(status batch.JobStatus) string {
	j, err := json.Marshal(status)
	if err != nil {
		return err.Error()
	}
	return string(j)
}

// podText is a pod as it is sent, without a name.
func podText(p *v1.Pod) string {
	p = p.DeepCopy()
	p.Namespace, p.Name, p.UID, p.CreationTimestamp, p.Status = "", "", "", metav1.Time{}, v1.PodStatus{}
	j, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return string(j)
}
