package machine

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/kubernetes/pkg/apis/scheduling"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// run is the kubelet taking up a pod, unless it runs it already or can't.
func (n *Node) run(now sim.Time, p *Pod) {
	m := n.machines
	if p.api.Gone() || p.kubelet != nil || p.api.Deleting() || !m.Heard(p.api) {
		return
	}
	if over(p.api.Object().Status.Phase) { // rejected before the machine went off
		return
	}
	if n.life.closing {
		p.reject(record.NodeShutdown, rejectedMessage)
		return
	}
	if why := n.host.Refuses(corev1helpers.PodPriority(p.api.Object()) >= scheduling.SystemCriticalPriority); why != "" {
		p.reject(record.RefusedByKubelet, "Pod was rejected: "+why)
		return
	}
	if m.volumes != nil && !kwok(n.object()) &&
		m.volumes.Mount(now, p.api, func(now sim.Time) { n.run(now, p) }) {
		return
	}
	if m.devices != nil && !kwok(n.object()) &&
		m.devices.Prepare(now, p.api, func(now sim.Time) { n.run(now, p) }) {
		return
	}
	p.taken, p.started = true, now
	streams := func(subsystem string) *rand.Rand { return m.Streams.Get(subsystem, p.api.Stream()) }
	p.kubelet = n.host.Run(now, p.api.Object(), p.plans(), streams, p)
	m.programs.Taken(now, p.api)
	m.monitor.Taken(now, p.api)
}

// firstStatus is what the kubelet says of a pod when it takes it: not Ready from
// then on. It is filled in with what the kubelet says next; nobody asks for it
// before.
func (p *Pod) firstStatus(next *v1.Pod) {
	if !p.taken || next.Status.StartTime != nil {
		return
	}
	since := metav1.Time{Time: p.machines.Wall(p.started).Truncate(time.Second)}
	next.Status.StartTime = &since
	for _, kind := range []v1.PodConditionType{v1.ContainersReady, v1.PodReady} {
		next.Status.Conditions = append(next.Status.Conditions, v1.PodCondition{
			Type: kind, Status: v1.ConditionFalse, Reason: "ContainersNotReady", LastTransitionTime: since,
		})
	}
}

// plans says how each container of a pod is to be run.
func (p *Pod) plans() (plans []kubelet.Plan) {
	o := p.api.Object()
	for i := range o.Spec.InitContainers {
		plans = append(plans, p.plan(&o.Spec.InitContainers[i]))
	}
	for i := range o.Spec.Containers {
		plans = append(plans, p.plan(&o.Spec.Containers[i]))
	}
	return plans
}

func (p *Pod) plan(c *v1.Container) kubelet.Plan {
	m, id := p.machines, p.api.Stream()+"/"+c.Name
	plan := kubelet.Plan{Spec: c, Behaviour: m.programs.Behaviour(p.api, c.Name), Random: m.Streams.Get("container", id)}
	if len(c.EnvFrom)+len(c.Env) > 0 {
		namespace := p.api.Namespace()
		plan.ConfigError = func() string { return m.ConfigError(namespace, c) }
	}
	if plan.Behaviour.Memory.Bursts != nil {
		plan.Bursts = m.Streams.Get("bursts", id)
	}
	if plan.Behaviour.Crash != nil {
		plan.Crashes = m.Streams.Get("crashes", id)
	}
	if m.devices != nil {
		plan.GPUs, plan.Claims = m.devices.Given(p.api, c.Name)
	}
	var running *kubelet.Container
	work, gpuMemory := m.programs.Serve(p.api, c.Name, func() *kubelet.Container {
		if running == nil {
			running = p.kubelet.Container(c.Name) // there by the time it listens
		}
		return running
	})
	if work != nil {
		plan.Work, plan.GPUMemory = work, gpuMemory
	}
	return plan
}
