package cronjob

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	informersbatch "k8s.io/client-go/informers/batch/v1"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	upstreamcronjob "k8s.io/kubernetes/pkg/controller/cronjob"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	time.Local = time.UTC // as in the image of kube-controller-manager
	os.Exit(m.Run())
}

const cronJobKey = "default/nightly"

// upstream is the real controller in a synctest bubble, whose caches are filled
// by hand and which syncs when its work queue is given the key. Its writes go to
// a story.
type upstream struct {
	t         *testing.T
	informers informers.SharedInformerFactory
	handler   cache.ResourceEventHandlerFuncs // of CronJobs
	order     *ordered
	queue     *queue
	story     *story
	log       []string
	cancel    context.CancelFunc
	over      chan struct{}
}

func newUpstream(t *testing.T, s *story) *upstream {
	u := &upstream{t: t, story: s, over: make(chan struct{})}
	client := &fake.Clientset{}
	client.AddReactor("*", "*", u.react)
	u.informers = informers.NewSharedInformerFactory(client, 0)
	var ctx context.Context
	ctx, u.cancel = context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	b := u.informers.Batch().V1()
	c, err := upstreamcronjob.NewControllerV2(ctx, b.Jobs(), heard{b.CronJobs(), &u.handler}, client)
	require.NoError(t, err)
	drive.Get[workqueue.TypedRateLimitingInterface[string]](c, "queue").ShutDown()
	u.queue = &queue{u: u, keys: make(chan string), done: make(chan struct{})}
	drive.Set[workqueue.TypedRateLimitingInterface[string]](c, "queue", u.queue)
	drive.Set[record.EventRecorder](c, "recorder", drive.Events(func(_ runtime.Object, kind, reason, message string) {
		u.note("%s", eventText(Event{Type: kind, Reason: reason, Message: message}))
	}))
	u.order = &ordered{Indexer: b.Jobs().Informer().GetIndexer()}
	drive.Set[cache.Indexer](c, "jobIndexer", u.order)
	for _, cache := range []string{"jobListerSynced", "cronJobListerSynced"} {
		drive.Set(c, cache, func() bool { return true })
	}
	go func() {
		c.Run(ctx, 1)
		close(u.over)
	}()
	return u
}

func (u *upstream) stop() {
	u.cancel()
	<-u.over
}

func (u *upstream) note(format string, args ...any) {
	u.log = append(u.log, fmt.Sprintf(format, args...))
}

// heard keeps what the controller asks to be told.
type heard struct {
	informersbatch.CronJobInformer
	handler *cache.ResourceEventHandlerFuncs
}

func (h heard) Informer() cache.SharedIndexInformer {
	return listening{h.CronJobInformer.Informer(), h.handler}
}

type listening struct {
	cache.SharedIndexInformer
	handler *cache.ResourceEventHandlerFuncs
}

func (l listening) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	*l.handler = h.(cache.ResourceEventHandlerFuncs)
	return nil, nil
}

// queue is a work queue that gives out a key when it is told to, and writes down
// what is put back.
type queue struct {
	workqueue.TypedRateLimitingInterface[string]
	u    *upstream
	keys chan string
	done chan struct{}
}

func (q *queue) Get() (string, bool) {
	key, open := <-q.keys
	return key, !open
}
func (q *queue) Done(string)                        { q.done <- struct{}{} }
func (q *queue) ShutDown()                          { close(q.keys) }
func (q *queue) Forget(string)                      {}
func (q *queue) Add(string)                         { q.u.note("add") }
func (q *queue) AddAfter(_ string, d time.Duration) { q.u.note("requeue after %s", d) }
func (q *queue) AddRateLimited(string)              { q.u.note("retry") }

// ordered gives the Jobs in the order of the view. Upstream's own index ranges a
// map.
type ordered struct {
	cache.Indexer
	jobs []*batch.Job
}

func (o *ordered) ByIndex(name, key string) ([]any, error) {
	list := make([]any, len(o.jobs))
	for i, j := range o.jobs {
		list[i] = j
	}
	return list, nil
}

// react is the API server.
func (u *upstream) react(a clienttesting.Action) (bool, runtime.Object, error) {
	api := u.story.api
	switch resource, verb := a.GetResource().Resource, a.GetVerb(); {
	case resource == "cronjobs" && verb == "get":
		if api.cronJob == nil {
			return true, nil, notFound("cronjobs", a.(clienttesting.GetAction).GetName())
		}
		return true, api.cronJob.DeepCopy(), nil
	case resource == "jobs" && verb == "get":
		name := a.(clienttesting.GetAction).GetName()
		if job := api.job(name); job != nil {
			return true, job.DeepCopy(), nil
		}
		return true, nil, notFound("jobs", name)
	case resource == "jobs" && verb == "create":
		sent := a.(clienttesting.CreateAction).GetObject().(*batch.Job)
		u.note("create %s", jobText(sent))
		job, err := api.create(sent)
		if err != nil {
			return true, nil, err
		}
		return true, job.DeepCopy(), nil
	case resource == "jobs" && verb == "delete":
		d := a.(clienttesting.DeleteAction)
		require.Equal(u.t, metav1.DeletePropagationBackground, *d.GetDeleteOptions().PropagationPolicy)
		if !api.delete(d.GetName()) {
			return true, nil, notFound("jobs", d.GetName())
		}
		u.note("delete %s", d.GetName())
		return true, nil, nil
	case resource == "cronjobs" && verb == "update" && a.GetSubresource() == "status":
		sent := a.(clienttesting.UpdateAction).GetObject().(*batch.CronJob)
		u.note("status %s", statusText(sent.Status))
		if err := api.writeStatus(sent); err != nil {
			return true, nil, err
		}
		return true, api.cronJob.DeepCopy(), nil
	}
	panic("upstream asks for " + a.GetVerb() + " of " + a.GetResource().Resource)
}

// sync lets the controller sync the CronJob of the view once.
func (u *upstream) sync(v View) string {
	u.log = nil
	require.NoError(u.t, u.informers.Batch().V1().CronJobs().Informer().GetIndexer().Replace([]any{v.CronJob}, ""))
	u.order.jobs = v.Jobs
	u.queue.keys <- cronJobKey
	<-u.queue.done
	return strings.Join(u.log, "\n")
}

// changed tells the controller of a change that its cache has seen.
func (u *upstream) changed(old, next *batch.CronJob) string {
	u.log = nil
	u.handler.OnUpdate(old, next)
	return strings.Join(u.log, "\n")
}

// changedText is what a decider says to a change.
func changedText(after time.Duration, looked bool, told *Event) string {
	switch {
	case told != nil:
		return eventText(*told)
	case !looked:
		return ""
	case after == 0:
		return "add"
	}
	return fmt.Sprint("requeue after ", after)
}

// text is what a decider does, in the words of upstream's log. Of a status that
// is refused comes a retry.
func text(actions []Action, conflict bool) string {
	var log []string
	say := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	for _, action := range actions {
		switch a := action.(type) {
		case DeleteJob:
			say("delete %s", a.Job.Name)
		case CreateJob:
			say("create %s", jobText(a.Job))
		case UpdateStatus:
			say("status %s", statusText(a.Status))
			if conflict {
				say("retry")
				return strings.Join(log, "\n")
			}
		case RequeueAfter:
			say("requeue after %s", a.After)
		case Retry:
			say("retry")
		case Event:
			say("%s", eventText(a))
		}
	}
	return strings.Join(log, "\n")
}

func eventText(e Event) string { return fmt.Sprint("event ", e.Type, " ", e.Reason, ": ", e.Message) }

func statusText(status batch.CronJobStatus) string { return asJSON(status) }

// jobText is a Job as it is sent, without the namespace, which the path has.
func jobText(j *batch.Job) string {
	j = j.DeepCopy()
	j.Namespace = ""
	return asJSON(j)
}

func asJSON(o any) string {
	data, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
