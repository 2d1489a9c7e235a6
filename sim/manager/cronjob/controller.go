// Package cronjob is the CronJob controller of a run: its queue, the view that it
// decides by, the writes that it sends, and what becomes of the times of each
// schedule. What it decides is sim/control/cronjob's
// (pkg/controller/cronjob/cronjob_controllerv2.go).
package cronjob

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/cronjob"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// Controller looks after all CronJobs.
type Controller struct {
	*manager.Parts
	manager.Controller
	states map[types.UID]*state
}

// New returns the controller. It has to watch the store, before the Job
// controller: it records that a Job was started, that one what becomes of it.
func New(p *manager.Parts, workers int, latency time.Duration) *Controller {
	return &Controller{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		states: map[types.UID]*state{},
	}
}

// Start implements manager.Component: there is nothing to begin.
func (c *Controller) Start(sim.Time) {}

// Close settles the times that are over at the end of the run.
func (c *Controller) Close(sim.Time) {
	for _, o := range apiserver.List[*batchv1.CronJob](c.Store) {
		c.states[o.UID].passed()
	}
}

// state is what the controller keeps of one CronJob.
type state struct {
	c       *Controller
	api     *batchv1.CronJob // as it is stored, or was last
	key     string           // as records name it
	work    manager.Key
	seen    cronjob.View // of the sync under way
	began   sim.Time     // that sync
	failed  bool         // it, too
	making  time.Time    // for which a Job is being created
	times   times
	deleted bool
}

// Changed implements apiserver.Watcher.
func (c *Controller) Changed(change apiserver.Change) {
	switch o := change.Object().(type) {
	case *batchv1.CronJob:
		c.changed(o, change)
	case *batchv1.Job:
		c.jobChanged(o, change)
	}
}

// jobChanged is a write of a Job, which any CronJob looks at that owns it.
func (c *Controller) jobChanged(o *batchv1.Job, change apiserver.Change) {
	owner := metav1.GetControllerOf(o)
	if owner == nil {
		return
	}
	cj := c.states[owner.UID]
	if cj == nil {
		return
	}
	if change.Old == nil {
		cj.started(o)
	}
	cj.work.Add()
}

func (c *Controller) changed(o *batchv1.CronJob, change apiserver.Change) {
	cj := c.states[o.UID]
	switch {
	case change.New == nil:
		cj.passed()
		cj.deleted = true
		cj.work.Drop()
		delete(c.states, o.UID)
	case cj == nil:
		cj = &state{c: c, api: o, key: c.WorkloadOf(o), times: times{settled: o.CreationTimestamp.Time}}
		cj.work.Init(c.Queue, cj.sync)
		c.states[o.UID] = cj
		cj.work.Add()
	case change.Status:
		cj.api = o
		cj.work.Add()
	default:
		cj.respecified(o)
	}
}

// respecified is a write of the spec by somebody (updateCronJob).
func (cj *state) respecified(next *batchv1.CronJob) {
	after, looked, _ := cronjob.Changed(cj.api, next, cj.c.WallNow())
	cj.rescheduled(next)
	cj.api = next
	switch {
	case !looked:
	case after <= 0:
		cj.work.Add()
	default:
		cj.work.AddAfter(after)
	}
}

func (cj *state) sync(now sim.Time) {
	cj.passed()
	stored := map[string]*batchv1.Job{}
	jobs := apiserver.Owned[*batchv1.Job](cj.c.Store, cj.api.UID)
	for _, o := range jobs {
		stored[kinds.KeyOf(o)] = o
	}
	cj.seen = cronjob.View{
		CronJob: cj.api, StoredCronJob: cj.api, Jobs: jobs,
		StoredJob: func(namespace, name string) *batchv1.Job { return stored[kinds.Key(namespace, name)] },
	}
	cj.failed, cj.began = false, now
	cj.carryOut(now, cj.decide())
}

// decide is the sync under way as far as it can be told.
func (cj *state) decide() []cronjob.Action {
	actions, err := cronjob.Sync(cj.seen, cj.c.Wall(cj.began))
	cj.c.Fail(err)
	return actions
}

// settled is when the writes of a sync are visible.
func (cj *state) settled(sim.Time) {
	cj.seen = cronjob.View{}
	cj.work.Done(cj.failed)
}
