package metrics

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	podmetrics "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/metricsserver"
)

// resources is what the resource metrics API has.
type resources struct {
	scrapes sim.Timer                        // of metrics-server
	looked  map[types.UID]*metricsserver.Pod // pods that cAdvisor looks at
	version int                              // of the autoscaled workloads, at the last scrape
	// arrived are the pods that kubelets have taken since the last scrape, others those
	// before of workloads that are not autoscaled, known all that are looked at.
	arrived       []*apiserver.Pod
	others, known podList
}

// podList is pods of which those that are gone are dropped in time.
type podList struct {
	pods []*apiserver.Pod
	kept int // when they were last dropped
}

func (l *podList) add(p *apiserver.Pod) {
	if len(l.pods) > 2*l.kept+16 {
		l.pods = slices.DeleteFunc(l.pods, (*apiserver.Pod).Gone)
		l.kept = len(l.pods)
	}
	l.pods = append(l.pods, p)
}

// scrape is metrics-server's round over the kubelets. Only pods that an autoscaler
// may ask for are looked at. Those that are looked at already count their scrapes by
// themselves.
func (a *APIs) scrape(now sim.Time) {
	r := &a.resources
	r.scrapes.Set(now.Add(a.config.MetricsServer.Resolution))
	autoscaled, version := a.Autoscaled()
	candidates := r.arrived
	if version != r.version {
		r.version = version
		candidates, r.others = append(r.others.pods, r.arrived...), podList{}
		for _, p := range r.known.pods {
			if looked := r.looked[p.Object().UID]; looked != nil {
				looked.Scrape(now, autoscaled[p.Workload])
			}
		}
	}
	r.arrived = nil
	for _, p := range candidates {
		switch {
		case p.Gone():
		case autoscaled[p.Workload]:
			a.look(now, p)
			r.known.add(p)
		default:
			r.others.add(p)
		}
	}
}

// look lets cAdvisor look at a pod from now on.
func (a *APIs) look(now sim.Time, p *apiserver.Pod) {
	looked := &metricsserver.Pod{}
	a.resources.looked[p.Object().UID] = looked
	random := a.store.Streams.Get("cadvisor", p.Stream())
	looked.Watch(now, a.store.Loop, a.config.MetricsServer, random, a.Machines.Containers(p, looked))
}

// resource is what the resource metrics API shows of a pod now; known is false
// when it has nothing on it.
func (a *APIs) resource(
	now sim.Time, p *apiserver.Pod, name v1.ResourceName, container string,
) (m podmetrics.PodMetric, known bool) {
	looked := a.resources.looked[p.Object().UID]
	if looked == nil || p.Gone() {
		return m, false
	}
	v, known := looked.Value(now, name, container)
	return podmetrics.PodMetric{Timestamp: a.store.Wall(v.At), Window: v.Window, Value: v.Milli}, known
}

// milli is the value of resource; absent when it has nothing.
func (a *APIs) milli(now sim.Time, p *apiserver.Pod, name v1.ResourceName, container string) int64 {
	if m, known := a.resource(now, p, name, container); known {
		return m.Value
	}
	return absent
}
