package fold

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
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

// peakSet is the peaks of one container over all replications and limits.
type peakSet struct {
	cells         map[int64]*stat.PeakCell
	blocks, kills int64
	hours         float64
	trend         stat.Moments
}

func (s *peakSet) add(p record.Peak) {
	if s.cells == nil {
		s.cells = map[int64]*stat.PeakCell{}
	}
	// Two digits more than percent are enough, and few cells.
	x := p.Max / peakStep * peakStep
	c := entry(s.cells, x)
	c.X = float64(x)
	hours := p.Seconds / 3600
	c.Hours += hours
	s.hours += hours
	if p.Killed {
		c.Kills++
		s.kills++
	} else {
		c.Blocks++
		s.blocks++
	}
	s.trend.Add(math.Log(math.Max(hours, 1e-6)), p.Age/3600, float64(p.Max)/(1<<30))
}

func (s *peakSet) merge(o *peakSet) {
	if s.cells == nil {
		s.cells = map[int64]*stat.PeakCell{}
	}
	for _, x := range slices.Sorted(maps.Keys(o.cells)) {
		c, add := entry(s.cells, x), o.cells[x]
		c.X, c.Blocks, c.Kills, c.Hours = add.X, c.Blocks+add.Blocks, c.Kills+add.Kills, c.Hours+add.Hours
	}
	s.blocks, s.kills, s.hours = s.blocks+o.blocks, s.kills+o.kills, s.hours+o.hours
	s.trend.Merge(&o.trend)
}

// result fits the peaks. Target is the wanted risk of a kill per pod-day.
func (s *peakSet) result(name string, target float64) result.PeakMemory {
	p := result.PeakMemory{Name: name, Peaks: s.blocks + s.kills, Killed: s.kills, Shape: stat.Missing,
		PerDay: stat.NoEstimate, PerMonth: stat.NoEstimate, Limit: stat.NoEstimate, Warnings: []string{}}
	var cells []stat.PeakCell
	for _, x := range slices.Sorted(maps.Keys(s.cells)) {
		cells = append(cells, *s.cells[x])
	}
	growth, grows := s.trend.Growth()
	switch {
	case p.Peaks < fewestPeaks:
		warn(&p, "%s of %d that a law takes: no estimate beyond what was seen", words.CountOf(int(p.Peaks), "peak"),
			fewestPeaks)
	case s.blocks == 0:
		warn(&p, "every peak was cut off by a kill at the limit: how far it would go is unknown")
	case len(cells) == 1 && s.kills == 0:
		known := stat.Estimate{Value: stat.Value(cells[0].X), Interval: stat.Interval{Low: stat.Value(cells[0].X),
			High: stat.Value(cells[0].X)}}
		p.Law, p.PerDay, p.PerMonth = "deterministic", known, known
		// A working set that reaches its limit is killed: one step above it.
		p.Limit.Value = stat.Value(cells[0].X + 2*peakStep)
		warn(&p, "every block has the same peak: it is deterministic, and chance adds nothing to it")
	case len(cells) < 3:
		warn(&p, "the peaks have only %d different values: too few for a law", len(cells))
	case grows:
		warn(&p,
			"peaks grow with the age of the process, by about %s an hour, as with a leak: how far they go depends on how long it lives, so no level is given and no limit proposed",
			words.Bytes(growth*(1<<30)))
	default:
		fit(&p, cells, target)
		doubt(&p, s.hours, target)
	}
	return p
}

// doubt takes a limit back that the peaks can't carry, and says how far
// beyond what was seen another one goes.
func doubt(p *result.PeakMemory, hours, target float64) {
	wanted := -24 / math.Log1p(-target) // hours
	switch {
	case p.Shape >= steep:
		p.Limit = stat.NoEstimate
		warn(p, "the tail is heavy (shape %s): its levels are a guess, and no limit is proposed",
			words.Digits(float64(p.Shape), 2))
	case wanted > farBeyond*hours:
		warn(p, "%s of running time were seen, and the limit is for what happens once in %s: it rests on the law alone",
			words.Duration(hours*3600), words.Duration(wanted*3600))
	}
}

func warn(p *result.PeakMemory, format string, a ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, a...))
}

func fit(p *result.PeakMemory, cells []stat.PeakCell, target float64) {
	list, origin, unit := stat.Normalized(cells)
	e, top := stat.FitExtremes(list)
	p.Law, p.Shape = "gumbel", stat.Value(e.Shape)
	if e.Shape != 0 {
		p.Law = "gev"
	}
	at := func(rate float64) stat.Estimate {
		low, high := stat.LevelInterval(list, e, top, rate)
		back := func(x float64) stat.Value { return stat.Value(origin + unit*x) }
		return stat.Estimate{Value: back(e.Level(rate)), Interval: stat.Interval{Low: back(low), High: back(high)}}
	}
	p.PerDay, p.PerMonth = at(1.0/24), at(1.0/24/30)
	p.Limit = at(-math.Log1p(-target) / 24)
}
