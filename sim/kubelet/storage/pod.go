package storage

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// statsPeriod is volumeStatsAggPeriod: how often the kubelet looks for pods whose
// volumes it does not measure yet, and, jittered by up to as much again, how often it
// measures those of one pod (JitterUntil in volume_stat_calculator.go).
const statsPeriod = time.Minute

// Pod is what a pod has written. A nil one has written nothing.
type Pod struct {
	disk       *Disk
	spec       *v1.Pod
	random     *rand.Rand
	containers []*Container
	volumes    []*volume // those that somebody writes to, in the order of the spec
	limits     []limit
	next       sim.Time // when its volumes are measured
	watch      watch    // of its limits
}

// volume is an emptyDir volume.
type volume struct {
	line
	name string
	seen sample
}

// NewPod is a pod that its kubelet takes up. Writes are by container, init containers
// first, nil for one that writes nothing; the pod is nil when none does. Random draws when
// its volumes are measured.
func (d *Disk) NewPod(now sim.Time, spec *v1.Pod, writes []*Writes, random func() *rand.Rand) *Pod {
	p := &Pod{disk: d, spec: spec}
	some := false
	for i, w := range writes {
		if !w.Any() {
			p.containers = append(p.containers, nil)
			continue
		}
		some = true
		c := &Container{pod: p, spec: containerOf(spec, i), writes: w, logs: line{most: MostLogs}}
		for _, v := range w.EmptyDirs {
			c.volumes = append(c.volumes, p.volume(v.Name))
		}
		p.containers = append(p.containers, c)
	}
	if !some {
		return nil
	}
	if len(p.volumes) > 0 {
		p.random = random()
		const period = sim.Time(statsPeriod)
		p.next = now + mod(d.phase-now, period)
	}
	p.limits = limitsOf(p)
	d.pods = append(d.pods, p)
	return p
}

func containerOf(spec *v1.Pod, i int) *v1.Container {
	if n := len(spec.Spec.InitContainers); i >= n {
		return &spec.Spec.Containers[i-n]
	}
	return &spec.Spec.InitContainers[i]
}

// volume finds or makes a volume by name.
func (p *Pod) volume(name string) *volume {
	for _, v := range p.volumes {
		if v.name == name {
			return v
		}
	}
	v := &volume{name: name}
	p.volumes = append(p.volumes, v)
	return v
}

// Container is the i-th container, init containers first.
func (p *Pod) Container(i int) *Container {
	if p == nil {
		return nil
	}
	return p.containers[i]
}

// Leave is the end of the pod on its node: all that it has written goes.
func (p *Pod) Leave() {
	if p != nil {
		p.disk.forget(p)
	}
}

// pass takes the samples up to now, before something changes.
func (p *Pod) pass(now sim.Time) {
	for _, c := range p.containers {
		if c != nil {
			c.pass(now)
		}
	}
	for p.random != nil && p.next <= now {
		for _, v := range p.volumes {
			v.seen = sample{at: p.next, bytes: v.value(p.next), known: true}
		}
		p.next = p.next.Add(statsPeriod + time.Duration(p.random.Float64()*float64(statsPeriod)))
	}
}

// Used is what the statistics have of it (podDiskUsage in pkg/kubelet/eviction/helpers.go).
func (p *Pod) Used(now sim.Time) (bytes float64) {
	if p == nil {
		return 0
	}
	p.pass(now)
	for _, c := range p.containers {
		if c != nil {
			bytes += c.used(now)
		}
	}
	for _, v := range p.volumes {
		bytes += v.seen.bytes
	}
	return bytes
}

// lines are all that it writes.
func (p *Pod) lines() (list []*line) {
	for _, c := range p.containers {
		if c != nil {
			list = append(list, &c.layer, &c.logs)
		}
	}
	for _, v := range p.volumes {
		list = append(list, &v.line)
	}
	return list
}

// changed follows a change of growth, wrote bytes that requests wrote.
func (p *Pod) changed(now sim.Time) {
	p.plan(now)
	p.disk.changed(now)
}

func (p *Pod) wrote(now sim.Time, bytes float64) {
	early := p.watch.spend(bytes)
	if early {
		p.plan(now)
	}
	if p.disk.watch.spend(bytes) || early {
		p.disk.changed(now)
	}
}
