package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim/control/job"
	"github.com/kube-rehearse/rehearse/sim/manager"
)

// controllers are those of kube-controller-manager.
type controllers struct {
	deployment, replicaSet, statefulSet, daemonSet, job, cronJob manager.Controller

	disruption, ttl, quota, endpoints manager.Controller
	autoscaling                       autoscaling
	// orphans is the Job controller's queue of Jobs that are gone, whose pods it
	// lets go.
	orphans *manager.Queue
	// The clients of those that have no queue here: that of the nodes' health,
	// the taint eviction and the pod garbage collector.
	nodes, taints, podGC *manager.Client
}

func newControllers(server *manager.Server, workers manager.Workers, l Latencies) controllers {
	controller := func(workers int, latency time.Duration) manager.Controller {
		return server.NewController(manager.Options{Workers: workers, Latency: latency})
	}
	jobs := server.NewController(manager.Options{Workers: workers.Job, Latency: l.Job, FirstRetry: job.FirstRetry, LastRetry: job.LastRetry})
	return controllers{
		deployment:  controller(workers.Deployment, l.Deployment),
		replicaSet:  controller(workers.ReplicaSet, l.ReplicaSet),
		statefulSet: controller(workers.StatefulSet, l.StatefulSet),
		daemonSet:   controller(workers.DaemonSet, l.DaemonSet),
		job:         jobs,
		cronJob:     controller(workers.CronJob, l.CronJob),
		disruption:  controller(workers.Disruption, l.Disruption),
		ttl:         controller(workers.TTLAfterFinished, l.Job),
		quota:       controller(workers.ResourceQuota, l.ResourceQuota),
		endpoints:   controller(workers.ServiceEndpoint, min(l.Endpoints, sliceWrite)),
		autoscaling: newAutoscaling(server, workers.HorizontalPodAutoscaler, l.Deployment),
		orphans:     jobs.Second(manager.Options{Workers: 1}),
		nodes:       server.NewClient(manager.Options{Latency: max(0, l.Deployment-manager.WatchTime), Polls: true}),
		taints:      server.NewClient(manager.Options{Latency: l.Deployment}),
		podGC:       server.NewClient(manager.Options{Latency: manager.CallTime / 2, Polls: true}),
	}
}

// controllerConfig is the Spec's, or the default.
func (s *Spec) controllerConfig() manager.Config {
	if s.Controllers == (manager.Config{}) {
		return manager.DefaultConfig()
	}
	return s.Controllers
}
