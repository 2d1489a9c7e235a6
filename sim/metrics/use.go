package metrics

import (
	v1 "k8s.io/api/core/v1"
	podmetrics "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// scrape is metrics-server's round over the kubelets. Only pods that an autoscaler
// may ask for are looked at.
func (a *APIs) scrape(now sim.Time) {
	a.scrapes.Set(now.Add(a.config.MetricsServer.Resolution))
	autoscaled := a.Autoscaled()
	if autoscaled == nil {
		return
	}
	for p := range a.store.Pods() {
		if !autoscaled[p.Workload] || !a.Machines.Taken(p) {
			continue
		}
		if looked := a.looked[p.Object().UID]; looked != nil {
			looked.Scrape()
		} else {
			a.look(now, p)
		}
	}
}

// look lets cAdvisor look at a pod from now on.
func (a *APIs) look(now sim.Time, p *apiserver.Pod) {
	looked := &metricsserver.Pod{}
	a.looked[p.Object().UID] = looked
	random := a.store.Streams.Get("cadvisor", p.Stream())
	looked.Watch(now, a.store.Loop, a.config.MetricsServer, random, func(now sim.Time) []metricsserver.Use {
		return a.Machines.Use(p, now)
	})
}

// resource is what the resource metrics API shows of a pod now; known is false
// when it has nothing on it.
func (a *APIs) resource(
	now sim.Time, p *apiserver.Pod, name v1.ResourceName, container string,
) (m podmetrics.PodMetric, known bool) {
	looked := a.looked[p.Object().UID]
	if looked == nil || p.Gone() {
		return m, false
	}
	v, known := looked.Value(now, name, container)
	return podmetrics.PodMetric{Timestamp: a.store.Wall(v.At), Window: v.Window, Value: v.Milli}, known
}
