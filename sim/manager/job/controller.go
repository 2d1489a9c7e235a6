// Package job is the Job controller of a run, and the TTL controller: their
// queues, the view that the first decides by and the writes that they send. What
// they decide is sim/control/job's (pkg/controller/job/job_controller.go and
// pkg/controller/ttlafterfinished).
package job

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Controller looks after all Jobs.
type Controller struct {
	*manager.Parts
	manager.Controller
	// orphans is the queue of Jobs that are gone, whose pods it lets go.
	orphans *manager.Queue
	states  map[types.UID]*state
}

// New returns the controller. It has to watch the store and its pods.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	c := p.Server.NewController(manager.Options{
		Workers: workers, Latency: latency, FirstRetry: job.FirstRetry, LastRetry: job.LastRetry,
	})
	return &Controller{
		Parts: p, Controller: c, orphans: c.Second(manager.Options{Workers: 1}), states: map[types.UID]*state{},
	}
}

// state is what the controller keeps of one Job.
type state struct {
	c        *Controller
	api      *batchv1.Job // as it is stored, or was last
	key      string       // of the workload, as records name it: the CronJob when there is one
	owned    bool         // there is one
	memory   job.Memory
	work     manager.Key
	names    *apiserver.Names
	seen     job.View        // of the sync under way
	conflict bool            // somebody changed the Job since the sync under way began
	phase    record.JobPhase // as last recorded
	told     [2]int32        // the pods that succeeded and failed, as last recorded
	deleted  bool
}

func (c *Controller) newState(o *batchv1.Job) *state {
	j := &state{c: c, api: o, key: c.WorkloadOf(o)}
	names := "Job/" + kinds.KeyOf(o)
	if j.owned = j.key != kinds.WorkloadKey(o.Namespace, "Job", o.Name); j.owned {
		owner := metav1.GetControllerOf(o)
		names = owner.Kind + "/" + kinds.Key(o.Namespace, owner.Name)
	}
	j.names = c.Names(names, o.Namespace)
	j.work.Init(c.Queue, j.sync)
	return j
}

// Changed implements apiserver.Watcher. A new spec is looked at at once
// (enqueueSyncJobImmediately), all else a little later.
func (c *Controller) Changed(change apiserver.Change) {
	o, is := change.Object().(*batchv1.Job)
	if !is {
		return
	}
	j := c.states[o.UID]
	switch {
	case change.New == nil:
		j.deleted = true
		j.work.Drop()
		delete(c.states, o.UID)
		j.record(record.JobDeleted, string(change.Why), "")
		c.letGo(o)
	case j == nil:
		j = c.newState(o)
		c.states[o.UID] = j
		j.follow()
		j.work.Add()
	default:
		respecified := o.Generation != j.api.Generation
		j.api = o
		j.follow()
		if respecified {
			j.work.Add()
		} else {
			j.enqueue()
		}
	}
}

// PodChanged implements apiserver.PodWatcher. Every write of a pod counts: the
// sync counts restarts, too.
func (c *Controller) PodChanged(change apiserver.PodChange) {
	if j := c.states[change.Pod.Owner()]; j != nil {
		j.enqueue()
	}
}

// enqueue is what a change of a pod or of the status does: a sync comes a little
// later and sees more of them (enqueueSyncJobBatched).
func (j *state) enqueue() { j.work.AddAfter(job.BatchPeriod) }

// letGo takes the controller's finalizer off the pods of a Job that is gone, one
// after the other (syncOrphanPodsBySelector). The garbage collector deletes them.
func (c *Controller) letGo(o *batchv1.Job) {
	pods, work := c.PodsOf(o.UID), new(manager.Key)
	work.Init(c.orphans, func(sim.Time) { c.release(pods, work) })
	work.Add()
}

func (c *Controller) release(pods []*apiserver.Pod, work *manager.Key) {
	for i, p := range pods {
		if p.Held() {
			c.Write(func(sim.Time) { p.Release() }, func(sim.Time) { c.release(pods[i+1:], work) })
			return
		}
	}
	work.Done(false)
}
