package report

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// fewestPeaks is how many blocks it takes to fit a law; steep is the shape
// from which on the law has no variance and its tail is a guess; farBeyond is
// from when on a limit for a rare event rests on the law more than on data.
const (
	fewestPeaks = 20
	steep       = 0.5
	farBeyond   = 100     // times the running time that was seen
	peakStep    = 1 << 16 // bytes
)

// PeakMemory is what the peaks of a container say about larger ones. All
// levels are bytes.
type PeakMemory struct {
	Name   string `json:"name"`
	Peaks  int64  `json:"peaks"`  // blocks of running time with a peak
	Killed int64  `json:"killed"` // of them ended by an OOM kill: censored at the limit
	// Law is gumbel, gev, deterministic, or empty when the peaks carry none.
	Law string `json:"law"`
	// Shape of the GEV law; 0 for Gumbel's.
	Shape Value `json:"shape"`
	// PerDay and PerMonth are exceeded once in that time of one pod on
	// average; a month has 30 days.
	PerDay   Estimate `json:"perDay"`
	PerMonth Estimate `json:"perMonth"`
	// Limit is the smallest that keeps the risk per pod-day at the target.
	Limit Estimate `json:"limit"`
	// Warnings say why the numbers are not to be trusted, or are absent.
	Warnings []string `json:"warnings"`
}

// peakSet is the peaks of one container over all replications and limits.
type peakSet struct {
	cells         map[int64]*peakCell
	blocks, kills int64
	hours         float64
	trend         moments
}

func (s *peakSet) add(p record.Peak) {
	if s.cells == nil {
		s.cells = map[int64]*peakCell{}
	}
	// Two digits more than percent are enough, and few cells.
	x := p.Max / peakStep * peakStep
	c := entry(s.cells, x)
	c.x = float64(x)
	hours := p.Seconds / 3600
	c.hours += hours
	s.hours += hours
	if p.Killed {
		c.kills++
		s.kills++
	} else {
		c.blocks++
		s.blocks++
	}
	s.trend.add(math.Log(math.Max(hours, 1e-6)), p.Age/3600, float64(p.Max)/(1<<30))
}

func (s *peakSet) merge(o *peakSet) {
	if s.cells == nil {
		s.cells = map[int64]*peakCell{}
	}
	for _, x := range slices.Sorted(maps.Keys(o.cells)) {
		c, add := entry(s.cells, x), o.cells[x]
		c.x, c.blocks, c.kills, c.hours = add.x, c.blocks+add.blocks, c.kills+add.kills, c.hours+add.hours
	}
	s.blocks, s.kills, s.hours = s.blocks+o.blocks, s.kills+o.kills, s.hours+o.hours
	s.trend.merge(&o.trend)
}

var noEstimate = Estimate{Missing, unbounded}

// result fits the peaks. Target is the wanted risk of a kill per pod-day.
func (s *peakSet) result(name string, target float64) PeakMemory {
	p := PeakMemory{Name: name, Peaks: s.blocks + s.kills, Killed: s.kills, Shape: Missing,
		PerDay: noEstimate, PerMonth: noEstimate, Limit: noEstimate, Warnings: []string{}}
	var cells []peakCell
	for _, x := range slices.Sorted(maps.Keys(s.cells)) {
		cells = append(cells, *s.cells[x])
	}
	growth, grows := s.trend.growth()
	switch {
	case p.Peaks < fewestPeaks:
		p.warn("%s of %d that a law takes: no estimate beyond what was seen", countOf(int(p.Peaks), "peak"), fewestPeaks)
	case s.blocks == 0:
		p.warn("every peak was cut off by a kill at the limit: how far it would go is unknown")
	case len(cells) == 1 && s.kills == 0:
		known := Estimate{Value(cells[0].x), Interval{Value(cells[0].x), Value(cells[0].x)}}
		p.Law, p.PerDay, p.PerMonth = "deterministic", known, known
		// A working set that reaches its limit is killed: one step above it.
		p.Limit.Value = Value(cells[0].x + 2*peakStep)
		p.warn("every block has the same peak: it is deterministic, and chance adds nothing to it")
	case len(cells) < 3:
		p.warn("the peaks have only %d different values: too few for a law", len(cells))
	case grows:
		p.warn("peaks grow with the age of the process, by about %s an hour, as with a leak: how far they go depends on how long it lives, so no level is given and no limit proposed",
			bytesText(growth*(1<<30)))
	default:
		p.fit(cells, target)
		p.doubt(s.hours, target)
	}
	return p
}

// doubt takes a limit back that the peaks can't carry, and says how far
// beyond what was seen another one goes.
func (p *PeakMemory) doubt(hours, target float64) {
	wanted := -24 / math.Log1p(-target) // hours
	switch {
	case p.Shape >= steep:
		p.Limit = noEstimate
		p.warn("the tail is heavy (shape %s): its levels are a guess, and no limit is proposed", digits(float64(p.Shape), 2))
	case wanted > farBeyond*hours:
		p.warn("%s of running time were seen, and the limit is for what happens once in %s: it rests on the law alone",
			durationText(hours*3600), durationText(wanted*3600))
	}
}

func (p *PeakMemory) warn(format string, a ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, a...))
}

func (p *PeakMemory) fit(cells []peakCell, target float64) {
	list, origin, unit := normalized(cells)
	e, top := fitExtremes(list)
	p.Law, p.Shape = "gumbel", Value(e.shape)
	if e.shape != 0 {
		p.Law = "gev"
	}
	at := func(rate float64) Estimate {
		low, high := levelInterval(list, e, top, rate)
		back := func(x float64) Value { return Value(origin + unit*x) }
		return Estimate{back(e.level(rate)), Interval{back(low), back(high)}}
	}
	p.PerDay, p.PerMonth = at(1.0/24), at(1.0/24/30)
	p.Limit = at(-math.Log1p(-target) / 24)
}
