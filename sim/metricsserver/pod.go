package metricsserver

import (
	"math/rand/v2"
	"time"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// Use is what a running container has used: CPU since its start, and memory
// now.
type Use struct {
	Name                   string
	CPUSeconds, WorkingSet float64
}

// Source is the containers of a pod on their node.
type Source interface {
	// Use is what the containers that run have used up to an instant.
	Use(at sim.Time) []Use
	// Pass leaves them as that many looks do, a period apart from the first on.
	Pass(first sim.Time, period time.Duration, looks int)
	// Busy reports whether a container computes something: what it has used by an
	// instant can then only be told at that instant.
	Busy() bool
	// Constant reports whether what the containers use stays as it is until the next
	// Touch.
	Constant() bool
}

// Pod is what cAdvisor and metrics-server hold of a pod. The zero value is one
// that nobody has looked at. How it follows the pod stands in cruise.go.
type Pod struct {
	config       Config
	source       Source
	housekeeping sim.Timer // armed while each look has to come in time
	gone         bool
	passing      bool     // looks that are made up for
	next         sim.Time // cAdvisor's next look
	scrape       sim.Time // metrics-server's next; sim.Never of a pod that it leaves out
	touched      sim.Time // when the source last changed, or may have
	constant     bool     // what it uses has been constant since then; false when nobody has asked
	fresh        sample   // cAdvisor's
	last, before sample   // metrics-server's; without one, before is cAdvisor's, too
}

// sample is one look at the containers of a pod.
type sample struct {
	at         sim.Time
	containers []Use
}

func (s sample) of(name string) (Use, bool) {
	for _, c := range s.containers {
		if c.Name == name {
			return c, true
		}
	}
	return Use{}, false
}

// Watched is whether Watch was called.
func (p *Pod) Watched() bool { return p.source != nil }

// Watch lets cAdvisor look at the pod from now on, at a phase that chance gives,
// and metrics-server take over the first look and scrape a Resolution later.
func (p *Pod) Watch(now sim.Time, loop *sim.Loop, config Config, random *rand.Rand, source Source) {
	p.config, p.source = config, source
	p.next, p.scrape = sim.Never, sim.Never
	p.fresh = sample{now, source.Use(now)}
	p.touched = now
	if !config.Instant() {
		p.last, p.scrape = p.fresh, now.Add(config.Resolution)
	}
	p.housekeeping.Init(loop, sim.PhaseObserve, p.look)
	p.next = now.Add(time.Duration(random.Int64N(int64(config.period()))))
	p.arm()
}

// Stop makes the next look of cAdvisor find that the pod is gone.
func (p *Pod) Stop(now sim.Time) {
	p.Touch(now)
	p.gone = true
	p.housekeeping.Stop()
}

// Scrape says whether metrics-server scrapes the pod from now on.
func (p *Pod) Scrape(now sim.Time, on bool) {
	if on == (p.scrape != sim.Never) {
		return
	}
	p.Touch(now)
	if p.scrape = sim.Never; on {
		p.scrape = now
	}
}

// scraped passes cAdvisor's last look on to metrics-server, if it is a new one.
func (p *Pod) scraped() {
	if p.fresh.at > p.last.at {
		p.before, p.last = p.last, p.fresh
	}
}

// Value is what the resource metrics API shows of a pod.
type Value struct {
	At     sim.Time
	Window time.Duration
	Milli  int64 // thousandths of a core or of a byte
}

// Value is that of a resource of one container, or of all with "". CPU use is
// the slope between the last two scrapes, so a new pod has none until it was
// scraped twice; known is false then.
func (p *Pod) Value(now sim.Time, name v1.ResourceName, container string) (v Value, known bool) {
	if !p.Watched() {
		return v, false
	}
	if p.config.Instant() {
		return p.instantValue(now, name, container)
	}
	p.pass(now)
	v.At, v.Window = p.last.at, p.last.at.Sub(p.before.at)
	if len(p.before.containers) == 0 || v.Window <= 0 {
		return v, false
	}
	for _, c := range p.last.containers {
		earlier, there := p.before.of(c.Name)
		if !there {
			return v, false // the pod is shown when all its containers are
		}
		if container != "" && container != c.Name {
			continue
		}
		known = true
		v.Milli += inThousandths(name, (c.CPUSeconds-earlier.CPUSeconds)/v.Window.Seconds(), c.WorkingSet)
	}
	return v, known
}

// instantValue is the use at this instant, for a metrics API without delay: of
// CPU the mean over the last full second that was looked at.
func (p *Pod) instantValue(now sim.Time, name v1.ResourceName, container string) (v Value, known bool) {
	v.At, v.Window = now, p.config.Window
	for _, c := range p.source.Use(now) {
		if container != "" && container != c.Name {
			continue
		}
		known = true
		cores := 0.0
		earlier, there := p.before.of(c.Name)
		if later, running := p.fresh.of(c.Name); there && running {
			cores = (later.CPUSeconds - earlier.CPUSeconds) / p.fresh.at.Sub(p.before.at).Seconds()
		}
		v.Milli += inThousandths(name, cores, c.WorkingSet)
	}
	return v, known
}

// inThousandths is the use of one resource as the metrics APIs' clients count
// it; nothing but CPU and memory is measured.
func inThousandths(name v1.ResourceName, cores, bytes float64) int64 {
	switch name {
	case v1.ResourceCPU:
		return int64(cores * 1000)
	case v1.ResourceMemory:
		return int64(bytes) * 1000
	}
	return 0
}
