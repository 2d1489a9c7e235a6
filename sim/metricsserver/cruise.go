package metricsserver

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// While the containers of a pod compute nothing, no look of cAdvisor has to come in
// time: what each would have found is known later, too. So the looks and scrapes that
// have passed are made up for, in their order, when somebody asks for a value and before
// anything changes what they would have found. A group of tasks that becomes busy ends
// the cruise until a look finds it idle.
//
//	         idle             │       busy        │      idle
//	looks    ·   ·   ·   ·   ·│  x    x    x    x │ ·    ·    ·
//	         made up for here ▲  events            │ made up for when asked
//
// The rounding of sums over time goes by when they are looked at. gauge.Repeat rounds as
// often, so the sums are to the last bit those of a pod whose looks are events.

// Touch comes before anything changes what the containers use, and before anybody else
// looks.
func (p *Pod) Touch(now sim.Time) {
	if !p.gone && !p.passing {
		p.pass(now)
		p.touched, p.constant = now, false
	}
}

// Wake is Touch before a container begins to compute.
func (p *Pod) Wake(now sim.Time) {
	if p.Touch(now); !p.gone && !p.housekeeping.Armed() {
		p.housekeeping.Set(max(p.next, now))
	}
}

// look is cAdvisor's, at its time.
func (p *Pod) look(now sim.Time) {
	if p.gone {
		return
	}
	p.Touch(now)
	if p.config.Instant() {
		p.before = p.fresh
	}
	p.take()
	p.arm()
}

// take looks at p.next.
func (p *Pod) take() {
	p.passing = true
	p.fresh = sample{p.next, p.source.Use(p.next)}
	p.passing = false
	p.next = p.next.Add(p.config.period())
}

// arm makes the next look an event, if it has to be one.
func (p *Pod) arm() {
	if p.config.Instant() || p.config.Ticking || p.source.Busy() {
		p.housekeeping.Set(p.next)
	}
}

// pass makes up for the looks and scrapes before now.
func (p *Pod) pass(now sim.Time) {
	if p.config.Instant() || min(p.next, p.scrape) >= now {
		return
	}
	p.hurry(now.Add(-p.config.memory()))
	for {
		switch at := min(p.next, p.scrape); {
		case at >= now:
			return
		case at == p.next:
			p.take()
		default:
			p.scraped()
			p.scrape = p.scrape.Add(p.config.Resolution)
		}
	}
}

// hurry passes the looks and scrapes before an instant of which nothing is kept: after
// it, there are enough of them for the two samples that metrics-server holds.
func (p *Pod) hurry(until sim.Time) {
	if looks := countUntil(p.next, until, p.config.period()); looks > 0 {
		p.passing = true
		p.source.Pass(p.next, p.config.period(), looks)
		p.passing = false
		p.next = p.next.Add(time.Duration(looks) * p.config.period())
	}
	if scrapes := countUntil(p.scrape, until, p.config.Resolution); scrapes > 0 {
		p.scrape = p.scrape.Add(time.Duration(scrapes) * p.config.Resolution)
	}
}

// countUntil counts the instants before until of a series that goes on at next.
func countUntil(next, until sim.Time, period time.Duration) int {
	if next >= until {
		return 0
	}
	return int((until-1-next)/sim.Time(period)) + 1
}

// Steady reports whether all values have been the same since an instant: the containers
// use what they used before, and metrics-server had seen that by then.
func (p *Pod) Steady(since sim.Time) bool {
	if p.config.Ticking || p.config.Instant() || p.scrape == sim.Never || p.touched.Add(p.config.memory()) > since {
		return false
	}
	p.constant = p.constant || !p.source.Busy() && p.source.Constant()
	return p.constant
}
