package life

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Rank is where a recorded time stands among the simulated ones.
type Rank struct {
	Run      int
	Measure  Measure
	Recorded float64 // seconds
	// Rank is the part of the simulated seeds with a shorter time, from 0 to 1.
	Rank             float64
	Low, Median, Top float64 // of the simulated times
}

// Comparison is a case held against its simulation.
type Comparison struct {
	Ranks []Rank
	// Differences are what no chance explains, as sentences.
	Differences []string
}

const (
	// often is the part of the seeds in which something that was recorded must have
	// happened, or of which something that was not recorded must be left.
	often = 0.02
	// alone is how many pods may have begun together for what is mere latency to be
	// compared: how many others shared the machine is not in the scenario.
	alone = 1
	// latency is up to which median, in seconds, a time is mere latency.
	latency = 0.5
)

// Compare ranks what was recorded among the runs of a simulation. Times after until
// seconds are left out; 0 is none.
func Compare(recorded, simulation *Recording, until float64) *Comparison {
	c := &Comparison{}
	times := map[Measure][]float64{}
	codes := map[string]map[string]int{}
	runs := 0
	for _, n := range simulation.Runs() {
		runs++
		run := cut(simulation.Run(n), until)
		for m, t := range measures(run) {
			times[m] = append(times[m], t)
		}
		for key, code := range exits(run) {
			if codes[key] == nil {
				codes[key] = map[string]int{}
			}
			codes[key][code]++
		}
	}
	for _, list := range times {
		slices.Sort(list)
	}
	for _, n := range recorded.Runs() {
		run := cut(recorded.Run(n), until)
		c.compareRun(n, run, times, runs)
		for key, code := range exits(run) {
			if len(codes[key]) > 0 && codes[key][code] == 0 {
				c.differ("run %d: %s: %s in the recording, never in the simulation", n, key, code)
			}
		}
	}
	slices.Sort(c.Differences)
	return c
}

func (c *Comparison) differ(format string, arguments ...any) {
	c.Differences = append(c.Differences, fmt.Sprintf(format, arguments...))
}

func (c *Comparison) compareRun(n int, run []Entry, times map[Measure][]float64, runs int) {
	got := measures(run)
	crowd := map[int]int{}
	end := 0.0
	for _, e := range run {
		if e.Kind == Bound {
			crowd[e.Pod] = e.Together
		}
		end = max(end, e.T)
	}
	for _, m := range sortedMeasures(got) {
		list := times[m]
		switch {
		case crowd[m.Pod] > alone && m.Number == 0 && len(list) > 0 && list[len(list)/2] < latency && m.Kind != "restarts":
		case float64(len(list)) < often*float64(runs):
			c.differ("run %d: %s: recorded, %.2f s; in %d of %d simulated seeds", n, m, got[m], len(list), runs)
		default:
			c.Ranks = append(c.Ranks, rankOf(n, m, got[m], list))
		}
	}
	for m, list := range times {
		if _, has := got[m]; !has && float64(len(list)) > (1-often)*float64(runs) && m.Kind != "gone" &&
			m.Kind != "evictions" {
			c.differ("run %d: %s: not recorded; in %d of %d simulated seeds", n, m, len(list), runs)
		}
	}
}

func sortedMeasures(m map[Measure]float64) (list []Measure) {
	for key := range m {
		list = append(list, key)
	}
	slices.SortFunc(list, func(a, b Measure) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// rankOf is the middle of the ranks that the value can have among equal ones.
func rankOf(run int, m Measure, value float64, sorted []float64) Rank {
	below, _ := slices.BinarySearch(sorted, value)
	upTo, _ := slices.BinarySearch(sorted, math.Nextafter(value, math.Inf(1)))
	n := len(sorted)
	return Rank{
		Run: run, Measure: m, Recorded: value, Rank: (float64(below) + float64(upTo) + 1) / 2 / float64(n+1),
		Low: sorted[0], Median: sorted[n/2], Top: sorted[n-1],
	}
}

// Kolmogorov is the probability that values drawn from a uniform law on [0, 1] lie as
// far from it as these, by Kolmogorov's statistic; 1 for none (W. Feller, On the
// Kolmogorov–Smirnov limit theorems, 1948, with Stephens' correction for few values).
func Kolmogorov(values []float64) float64 {
	n := float64(len(values))
	if n == 0 {
		return 1
	}
	sorted := slices.Sorted(slices.Values(values))
	d := 0.0
	for i, u := range sorted {
		d = max(d, float64(i+1)/n-u, u-float64(i)/n)
	}
	x := d * (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n))
	p := 0.0
	for k := 1; k <= 100; k++ {
		term := 2 * math.Exp(-2*float64(k*k)*x*x)
		if k%2 == 0 {
			term = -term
		}
		p += term
	}
	return min(max(p, 0), 1)
}

// Pool gathers ranks by kind.
func Pool(ranks []Rank) map[string][]float64 {
	out := map[string][]float64{}
	for _, r := range ranks {
		out[r.Measure.Kind] = append(out[r.Measure.Kind], r.Rank)
	}
	return out
}
