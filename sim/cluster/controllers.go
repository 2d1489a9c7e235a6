package cluster

import (
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/machine"
	"github.com/kube-rehearse/rehearse/sim/manager"
	"github.com/kube-rehearse/rehearse/sim/manager/attachdetach"
	"github.com/kube-rehearse/rehearse/sim/manager/autoscaling"
	"github.com/kube-rehearse/rehearse/sim/manager/cronjob"
	"github.com/kube-rehearse/rehearse/sim/manager/daemonset"
	"github.com/kube-rehearse/rehearse/sim/manager/deployment"
	"github.com/kube-rehearse/rehearse/sim/manager/devices"
	"github.com/kube-rehearse/rehearse/sim/manager/disruption"
	"github.com/kube-rehearse/rehearse/sim/manager/endpoints"
	"github.com/kube-rehearse/rehearse/sim/manager/garbage"
	"github.com/kube-rehearse/rehearse/sim/manager/job"
	"github.com/kube-rehearse/rehearse/sim/manager/nodes"
	"github.com/kube-rehearse/rehearse/sim/manager/quota"
	"github.com/kube-rehearse/rehearse/sim/manager/replicaset"
	"github.com/kube-rehearse/rehearse/sim/manager/resourceclaim"
	"github.com/kube-rehearse/rehearse/sim/manager/statefulset"
	"github.com/kube-rehearse/rehearse/sim/manager/volume"
	"github.com/kube-rehearse/rehearse/sim/metrics"
	"github.com/kube-rehearse/rehearse/sim/serving"
)

// controllers are those of kube-controller-manager.
type controllers struct {
	deployment  *deployment.Controller
	replicaSet  *replicaset.Controller
	statefulSet *statefulset.Controller
	daemonSet   *daemonset.Controller
	job         *job.Controller
	ttl         *job.TTL
	cronJob     *cronjob.Controller
	autoscaling *autoscaling.Controller
	disruption  *disruption.Controller
	endpoints   *endpoints.Controller[serving.Target]
	quota       *quota.Controller
	nodes       *nodes.Controller
	garbage     *garbage.Controller
	volume      *volume.Controller
	attach      *attachdetach.Controller
	claims      *resourceclaim.Controller
	devices     *devices.Driver
}

func newControllers(p *manager.Parts, spec *Spec, machines *machine.Machines, proxies *serving.Serving,
	m *metrics.APIs) (c controllers, err error) {
	flags, l := spec.controllers(), spec.Latencies
	c = controllers{
		deployment:  deployment.New(p, flags.Deployment, l.Deployment),
		replicaSet:  replicaset.New(p, flags.ReplicaSet, l.ReplicaSet),
		statefulSet: statefulset.New(p, flags.StatefulSet, l.StatefulSet),
		daemonSet:   daemonset.New(p, flags.DaemonSet, l.DaemonSet),
		job:         job.New(p, flags.Job, l.Job),
		ttl:         job.NewTTL(p, flags.TTLAfterFinished, l.Job),
		cronJob:     cronjob.New(p, flags.CronJob, l.CronJob),
		disruption:  disruption.New(p, flags.Disruption, l.Disruption),
		endpoints: endpoints.New(p, endpoints.Options{
			Workers: flags.ServiceEndpoint, Batch: spec.EndpointsBatch, Latency: l.Endpoints, Proxy: l.Proxy,
			LookAlways: spec.slow,
		}, proxies),
		quota:   quota.New(p, flags.ResourceQuota, l.ResourceQuota, spec.QuotaSyncPeriod),
		garbage: garbage.New(p, flags, l.Deployment),
		volume:  volume.New(p, flags.EphemeralVolume, l.Deployment, spec.Storage),
		claims:  resourceclaim.New(p, flags.ResourceClaim, l.Deployment),
		devices: devices.New(p.Store, spec.Devices),
		autoscaling: autoscaling.New(p, m, autoscaling.Options{
			Config: spec.Autoscaler, Workers: flags.HorizontalPodAutoscaler, Latency: l.Deployment, Answers: l.Autoscaler,
			LookAlways: spec.slow,
		}),
	}
	c.attach = attachdetach.New(p.Store, spec.Attach, machines, c.volume.Attaches)
	c.nodes, err = nodes.New(p, machines, nodes.Options{Config: spec.NodeLifecycle, Latency: l.Deployment,
		PollAlways: spec.pollAlways})
	return c, err
}

// strategies are what the API server makes of the objects of Kubernetes' kinds,
// rollouts what kubectl rollout does to them.
var (
	strategies = map[string]apiserver.Strategy{
		"Deployment": deployment.Strategy{}, "ReplicaSet": replicaset.Strategy{}, "StatefulSet": statefulset.Strategy{},
		"DaemonSet": daemonset.Strategy{}, "Job": job.Strategy{}, "CronJob": cronjob.Strategy{},
		"HorizontalPodAutoscaler": autoscaling.Strategy{}, "PodDisruptionBudget": disruption.Strategy{},
	}
	rollouts = map[string]manager.Rollouts{
		"Deployment": deployment.Rollouts{}, "StatefulSet": statefulset.Rollouts{}, "DaemonSet": daemonset.Rollouts{},
	}
)
