package job

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	jobutil "k8s.io/kubernetes/pkg/controller/job/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// TTL is the controller that deletes Jobs at the end of their
// ttlSecondsAfterFinished
// (pkg/controller/ttlafterfinished/ttlafterfinished_controller.go).
type TTL struct {
	*manager.Parts
	manager.Controller
	finished map[types.UID]*finished
}

// NewTTL returns the controller. It has to watch the store.
func NewTTL(p *manager.Parts, workers int, latency time.Duration) *TTL {
	return &TTL{
		Parts: p, Controller: p.Server.NewController(manager.Options{Workers: workers, Latency: latency}),
		finished: map[types.UID]*finished{},
	}
}

// finished is what the controller keeps of a Job that is over.
type finished struct {
	c       *TTL
	api     *batchv1.Job // as it is stored, or was last
	work    manager.Key
	deleted bool
}

// Changed implements apiserver.Watcher.
func (c *TTL) Changed(change apiserver.Change) {
	o, is := change.Object().(*batchv1.Job)
	if !is {
		return
	}
	j := c.finished[o.UID]
	if change.New == nil {
		if j != nil {
			j.deleted = true
			j.work.Drop()
			delete(c.finished, o.UID)
		}
		return
	}
	over, _ := jobutil.FinishedCondition(o)
	expires := over && o.Spec.TTLSecondsAfterFinished != nil
	if j == nil {
		if !expires {
			return
		}
		j = &finished{c: c}
		j.work.Init(c.Queue, j.sync)
		c.finished[o.UID] = j
	}
	j.api = o
	if expires {
		j.work.Add()
	}
}

// sync deletes the Job when its time is over, after another look at it
// (processJob).
func (j *finished) sync(now sim.Time) {
	client := j.c.Client
	if !j.expired(now) {
		j.work.Done(false)
		return
	}
	client.Read(func(now sim.Time) {
		if !j.expired(now) {
			j.work.Done(false)
			return
		}
		client.Write(func(sim.Time) {
			if !j.deleted {
				j.c.Delete(j.api, record.JobExpired)
			}
		}, func(sim.Time) { j.work.Done(false) })
	})
}

// expired reports whether the Job is to go now; if later, it is looked at then.
func (j *finished) expired(now sim.Time) bool {
	left, due := job.TTL(j.api, j.c.Wall(now))
	if due && left > 0 {
		j.work.AddAfter(left)
	}
	return due && left == 0 && !j.deleted
}
