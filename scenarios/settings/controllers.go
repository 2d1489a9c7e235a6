package settings

import "github.com/kube-rehearse/rehearse/scenarios/wire"

// maxQPS bounds what a flag can ask for; with more there is no limit in effect.
const maxQPS = 1e6

// maxEndpointSyncs is the most workers that kube-controller-manager takes for
// EndpointSlices (options/endpointslicecontroller.go).
const maxEndpointSyncs = 50

// controllers sets the flags about the requests and workers of the controllers.
// What kube-controller-manager refuses at its start is refused (Validate in
// cmd/kube-controller-manager/app/options, NewForConfigAndClient in client-go's
// kubernetes/clientset.go); it does not mind controllers of some kinds without
// workers, which then do nothing.
func (r reader) controllers(flags *wire.ControllerManager) {
	c := &r.Spec.Controllers
	const manager = "cluster.kubeControllerManager."
	if flags.QPS != nil {
		c.QPS = *flags.QPS
	}
	if flags.Burst != nil {
		c.Burst = *flags.Burst
	}
	switch {
	case !(c.QPS >= -maxQPS && c.QPS <= maxQPS):
		r.Fault(manager+"kube-api-qps", "must be from %g to %g, got %g", -maxQPS, maxQPS, c.QPS)
	case float32(c.QPS) == 0:
		r.Fault(manager+"kube-api-qps", "must not be 0, of which client-go makes 5 for each API group, got %g", c.QPS)
	case c.QPS > 0 && c.Burst <= 0:
		r.Fault(manager+"kube-api-burst", "must be greater than 0 when kube-api-qps is, got %d", c.Burst)
	}
	w := &c.Workers
	if n := flags.ServiceEndpointSyncs; n != nil {
		if w.ServiceEndpoint = *n; *n < 1 || *n > maxEndpointSyncs {
			r.Fault(manager+"concurrent-service-endpoint-syncs", "must be from 1 to %d, got %d", maxEndpointSyncs, *n)
		}
	}
	for _, f := range []struct {
		name     string
		from     *int
		to       *int
		validate bool
	}{
		{"deployment", flags.DeploymentSyncs, &w.Deployment, false},
		{"replicaset", flags.ReplicaSetSyncs, &w.ReplicaSet, false},
		{"statefulset", flags.StatefulSetSyncs, &w.StatefulSet, true},
		{"daemonset", flags.DaemonSetSyncs, &w.DaemonSet, true},
		{"job", flags.JobSyncs, &w.Job, true},
		{"cron-job", flags.CronJobSyncs, &w.CronJob, true},
		{"gc", flags.GCSyncs, &w.GC, false},
		{"resource-quota", flags.ResourceQuotaSyncs, &w.ResourceQuota, false},
		{"ttl-after-finished", flags.TTLSyncs, &w.TTLAfterFinished, false},
		{"disruption", flags.DisruptionSyncs, &w.Disruption, false},
		{"horizontal-pod-autoscaler", flags.AutoscalerSyncs, &w.HorizontalPodAutoscaler, true},
	} {
		if f.from == nil {
			continue
		}
		if *f.to = *f.from; f.validate && *f.to < 1 {
			r.Fault(manager+"concurrent-"+f.name+"-syncs", "must be greater than 0, got %d", *f.to)
		}
	}
}
