package cluster

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// node is a Node and its kubelet.
type node struct {
	world *World
	api   *v1.Node
	host  *kubelet.Host
	pool  *pool
	life  nodeLife
}

func (w *World) addNodes() {
	for _, o := range w.spec.Nodes {
		w.addNode(o)
	}
}

func (w *World) addNode(o *v1.Node) *node {
	o = o.DeepCopy()
	w.admitNew(&o.ObjectMeta)
	n := &node{world: w, api: o, pool: w.pool(w.spec.Pools[o.Name])}
	n.host = kubelet.NewHost(w.loop, o, kubelet.HostOptions{
		ImageBandwidth: w.spec.ImageBandwidth,
		SerializePulls: w.spec.SerializePulls,
		Usage:          &n.pool.used,
		PeakBlock:      peakBlock(w.spec.Duration),
		Eviction:       w.spec.Eviction,
		MemoryPressure: n.memoryPressure,
	}, w.streams.Get("kubelet", o.Name))
	n.pool.nodes = append(n.pool.nodes, n)
	n.register()
	w.nodes[o.Name] = n
	w.nodeOrder = append(w.nodeOrder, n)
	w.memberships++
	w.scheduler.upstream.AddNode(n.api)
	w.tellDaemonSets(nil, n)
	return n
}

// pool finds or makes the pool of a name.
func (w *World) pool(name string) *pool {
	for _, p := range w.pools {
		if p.name == name {
			return p
		}
	}
	p := &pool{name: name, from: w.loop.Now()}
	w.pools = append(w.pools, p)
	return p
}

func (n *node) update(next *v1.Node) {
	old := n.api
	n.api = next
	n.world.scheduler.upstream.UpdateNode(old, next)
	n.world.scheduler.kick()
	n.world.lifecycle.nodeChanged(old, n)
	n.world.tellDaemonSets(old, n)
}

// bound is a pod that has got its node; the kubelet begins a little later.
func (w *World) bound(p *pod, name string) {
	w.lifecycle.podChanged(nil, p.api)
	n, known := w.nodes[name]
	if !known {
		w.lifecycle.collectLater() // a node that does not exist: the pod stays Pending
		return
	}
	p.node = n
	n.pool.request(w.loop.Now(), p.requests, 1)
	w.loop.After(p.about(w.spec.Latencies.Kubelet, "kubelet starts"), sim.PhaseMachine, sim.Func(func(now sim.Time) { n.run(now, p) }))
}

// about is a duration of about d that belongs to the pod.
func (p *pod) about(d time.Duration, what string) time.Duration {
	return p.world.streams.About(d, what, fmt.Sprintf("%s#%d", p.workload, p.ordinal))
}

// run is the kubelet taking up a pod, unless it runs it already or can't.
func (n *node) run(now sim.Time, p *pod) {
	if p.removed || p.kubelet != nil || p.api.DeletionTimestamp != nil || p.unheard() {
		return
	}
	p.taken, p.started = true, now
	p.kubelet = n.host.Run(now, p.api, n.world.plans(p), p)
	p.pull()
	n.world.monitoring.discovered(now, p)
	if n.world.spec.MetricsServer.Instant() {
		p.watchUse(now)
	}
}

// firstStatus is what the kubelet says of a pod when it takes it: not Ready from
// then on. It is filled in with what the kubelet says next; nobody asks for it
// before.
func (p *pod) firstStatus(next *v1.Pod) {
	if !p.taken || next.Status.StartTime != nil {
		return
	}
	since := metav1.Time{Time: p.world.wall(p.started).Truncate(time.Second)}
	next.Status.StartTime = &since
	for _, kind := range []v1.PodConditionType{v1.ContainersReady, v1.PodReady} {
		next.Status.Conditions = append(next.Status.Conditions, v1.PodCondition{Type: kind, Status: v1.ConditionFalse, Reason: "ContainersNotReady", LastTransitionTime: since})
	}
}

// plans says how each container of a pod is to be run.
func (w *World) plans(p *pod) []kubelet.Plan {
	var plans []kubelet.Plan
	add := func(c *v1.Container) {
		described := w.describe(p, c.Name)
		plan := kubelet.Plan{
			Spec:      c,
			Behaviour: described.Behaviour,
			Random:    w.streams.Get("container", fmt.Sprintf("%s#%d/%s", p.workload, p.ordinal, c.Name)),
		}
		if len(c.EnvFrom)+len(c.Env) > 0 {
			namespace := p.api.Namespace
			plan.ConfigError = func() string { return w.configError(namespace, c) }
			plan.Retries = func() *rand.Rand {
				return w.streams.Get("retries", fmt.Sprintf("%s#%d/%s", p.workload, p.ordinal, c.Name))
			}
		}
		if described.Behaviour.Memory.Bursts != nil {
			plan.Bursts = w.streams.Get("bursts", fmt.Sprintf("%s#%d/%s", p.workload, p.ordinal, c.Name))
		}
		if described.Server.Program != nil {
			id := fmt.Sprintf("%s#%d/%s", p.workload, p.ordinal, c.Name)
			instance := load.NewInstance(w.network, hashOf(id), &described.Server, p.meter(c.Name))
			p.servers[c.Name] = instance
			plan.Work = instance
			if model := described.Server.Model; model != nil {
				plan.GPUMemory = model.Utilization()
			}
		}
		plans = append(plans, plan)
	}
	for i := range p.api.Spec.InitContainers {
		add(&p.api.Spec.InitContainers[i])
	}
	for i := range p.api.Spec.Containers {
		add(&p.api.Spec.Containers[i])
	}
	return plans
}

// describe is the first description that matches a container. Those that name
// it in full are found by name, so that a cluster of thousands of bare pods,
// each with a description, costs no walk over all of them.
func (w *World) describe(p *pod, container string) *Workload {
	if w.described == nil {
		w.described = map[string]int{}
		for i, d := range w.spec.Workloads {
			if d.Kind == "" || d.Namespace == "" || d.Name == "" || d.Container == "" || len(d.Indexes) > 0 {
				w.patterns = append(w.patterns, i)
				continue
			}
			k := workloadKey(d.Namespace, d.Kind, d.Name) + "/" + d.Container
			if _, known := w.described[k]; !known {
				w.described[k] = i
			}
		}
	}
	kind, namespace, name := splitWorkload(p.workload)
	first, found := w.described[p.workload+"/"+container]
	for _, i := range w.patterns {
		if found && i > first {
			break
		}
		if d := &w.spec.Workloads[i]; d.Matches(kind, namespace, name, container) && d.matchesPod(p.api) {
			first, found = i, true
			break
		}
	}
	if !found {
		return &Workload{}
	}
	return &w.spec.Workloads[first]
}

func splitWorkload(k string) (kind, namespace, name string) {
	namespace, rest, _ := strings.Cut(k, "/")
	kind, name, _ = strings.Cut(rest, "/")
	return kind, namespace, name
}

// configError is why a container's environment can't be made now
// (kubelet_pods.go, makeEnvironmentVariables), "" when it can.
func (w *World) configError(namespace string, c *v1.Container) string {
	missing := func(kind, name string, optional *bool) string {
		ref := ObjectRef{Kind: kind, NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
		if name == "" || !w.absent[ref] || (optional != nil && *optional) {
			return ""
		}
		return fmt.Sprintf("%s %q not found", strings.ToLower(kind), name)
	}
	for _, e := range c.EnvFrom {
		if r := e.SecretRef; r != nil {
			if text := missing("Secret", r.Name, r.Optional); text != "" {
				return text
			}
		}
		if r := e.ConfigMapRef; r != nil {
			if text := missing("ConfigMap", r.Name, r.Optional); text != "" {
				return text
			}
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			if text := missing("Secret", r.Name, r.Optional); text != "" {
				return text
			}
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			if text := missing("ConfigMap", r.Name, r.Optional); text != "" {
				return text
			}
		}
	}
	return ""
}

// meter passes on how busy the server of a container is.
func (p *pod) meter(container string) load.Meter {
	var c *kubelet.Container
	return func(now sim.Time, inFlight int, served, sessionBytes int64) {
		if c == nil {
			c = p.kubelet.Container(container) // there by the time it listens
		}
		c.Requests(now, inFlight, served, sessionBytes)
	}
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
