package settings

import (
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// reader fills in a Spec. Fault hears of what is wrong with a field.
type reader struct {
	Spec  *cluster.Spec
	Fault func(field, format string, arguments ...any)
}

// Read sets what a scenario says of the control plane, the kubelets and what measures;
// all else stays as it is in the Spec. fault hears of what is wrong with a field.
func Read(c *wire.Cluster, spec *cluster.Spec, fault func(field, format string, arguments ...any)) {
	r := reader{spec, fault}
	r.latencies(&c.Latencies)
	r.autoscaling(c)
	r.monitoring(c)
	r.nodeLifecycle(&c.ControllerManager)
	r.controllers(&c.ControllerManager)
	if period := c.ControllerManager.QuotaSyncPeriod; period != nil {
		if spec.QuotaSyncPeriod = time.Duration(*period); spec.QuotaSyncPeriod < time.Second {
			r.Fault("cluster.kubeControllerManager.resource-quota-sync-period", "must be at least 1s, got %s",
				spec.QuotaSyncPeriod)
		}
	}
	if batch := c.ControllerManager.EndpointsBatch; batch != nil {
		spec.EndpointsBatch = time.Duration(*batch)
	}
	if c.ImageBandwidth != nil {
		spec.ImageBandwidth = float64(*c.ImageBandwidth)
		if spec.ImageBandwidth == 0 {
			r.Fault("cluster.imageBandwidth", "must be positive, got 0")
		}
	}
	if c.SerializeImagePulls != nil {
		spec.SerializePulls = *c.SerializeImagePulls
	}
	r.kubelets(c)
	r.eviction(&c.Kubelet)
}

// latencies are how late the components hear of what happens.
func (r reader) latencies(from *wire.Latencies) {
	l := &r.Spec.Latencies
	for _, pair := range []struct {
		from *wire.Duration
		to   *time.Duration
	}{
		{from.Deployment, &l.Deployment}, {from.ReplicaSet, &l.ReplicaSet},
		{from.StatefulSet, &l.StatefulSet}, {from.DaemonSet, &l.DaemonSet}, {from.Job, &l.Job},
		{from.CronJob, &l.CronJob}, {from.Scheduler, &l.Scheduler},
		{from.Kubelet, &l.Kubelet}, {from.Disruption, &l.Disruption},
		{from.ResourceQuota, &l.ResourceQuota}, {from.Autoscaler, &l.Autoscaler},
		{from.Endpoints, &l.Endpoints}, {from.Proxy, &l.Proxy},
	} {
		if pair.from != nil {
			*pair.to = time.Duration(*pair.from)
		}
	}
}

// monitoring sets how old custom and external metrics are.
func (r reader) monitoring(c *wire.Cluster) {
	m := &r.Spec.Monitoring
	Interval("cluster.prometheus.scrape_interval", c.Prometheus.ScrapeInterval, &m.ScrapeInterval, r.Fault)
	Interval("cluster.prometheusAdapter.metrics-relist-interval", c.PrometheusAdapter.RelistInterval,
		&m.RelistInterval, r.Fault)
}

// Interval is a period of something that goes on for the whole run. Below a
// second none of them is used, and a run would not come forward.
func Interval(field string, from *wire.Duration, to *time.Duration,
	fault func(field, format string, arguments ...any)) {
	if from == nil {
		return
	}
	if *to = time.Duration(*from); *to < time.Second {
		fault(field, "must be at least 1s, got %s", *to)
	}
}
