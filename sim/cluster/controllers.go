package cluster

import (
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// controllers are those of kube-controller-manager.
type controllers struct {
	deployment, replicaSet, statefulSet, daemonSet, job, cronJob manager.Controller

	disruption, ttl, quota, endpoints manager.Controller
	autoscaling                       autoscaling
	// The clients of those that have no queue here: that of the nodes' health,
	// the taint eviction and the pod garbage collector.
	nodes, taints, podGC *manager.Client
}

func newControllers(loop *sim.Loop, cfg manager.Config) controllers {
	client := func() *manager.Client { return manager.NewClient(loop, cfg.QPS, cfg.Burst) }
	controller := func(workers int) manager.Controller { return manager.NewController(loop, cfg, workers) }
	jobs := controller(cfg.Workers.Job)
	jobs.Queue = manager.NewQueue(loop, cfg.Workers.Job, job.FirstRetry, job.LastRetry)
	return controllers{
		deployment:  controller(cfg.Workers.Deployment),
		replicaSet:  controller(cfg.Workers.ReplicaSet),
		statefulSet: controller(cfg.Workers.StatefulSet),
		daemonSet:   controller(cfg.Workers.DaemonSet),
		job:         jobs,
		cronJob:     controller(cfg.Workers.CronJob),
		disruption:  controller(cfg.Workers.Disruption),
		ttl:         controller(cfg.Workers.TTLAfterFinished),
		quota:       controller(cfg.Workers.ResourceQuota),
		endpoints:   controller(cfg.Workers.ServiceEndpoint),
		autoscaling: newAutoscaling(loop, cfg),
		nodes:       client(),
		taints:      client(),
		podGC:       client(),
	}
}

// controllerConfig is the Spec's, or the default.
func (s *Spec) controllerConfig() manager.Config {
	if s.Controllers == (manager.Config{}) {
		return manager.DefaultConfig()
	}
	return s.Controllers
}
