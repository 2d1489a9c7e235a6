package cluster

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// controllers are those of kube-controller-manager.
type controllers struct {
	deployment, replicaSet, statefulSet, daemonSet, job, cronJob manager.Controller

	disruption manager.Controller
	autoscaler *manager.Queue
	// The clients of those that have no queue here: that of the nodes' health,
	// the taint eviction and the pod garbage collector.
	nodes, taints, podGC *manager.Client
}

// newControllers has the default numbers of workers
// (--concurrent-deployment-syncs and so on).
func newControllers(loop *sim.Loop) controllers {
	jobs := manager.NewController(loop, 5)
	jobs.Queue = manager.NewQueue(loop, 5, job.FirstRetry, job.LastRetry)
	return controllers{
		deployment:  manager.NewController(loop, 5),
		replicaSet:  manager.NewController(loop, 5),
		statefulSet: manager.NewController(loop, 5),
		daemonSet:   manager.NewController(loop, 2),
		job:         jobs,
		cronJob:     manager.NewController(loop, 5),
		disruption:  manager.NewController(loop, 1),
		autoscaler:  manager.NewQueue(loop, 5, manager.FirstRetry, manager.LastRetry),
		nodes:       manager.NewClient(loop, manager.QPS, manager.Burst),
		taints:      manager.NewClient(loop, manager.QPS, manager.Burst),
		podGC:       manager.NewClient(loop, manager.QPS, manager.Burst),
	}
}
