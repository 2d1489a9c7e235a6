package calibrate

import (
	"math"
	"runtime"
	"sync"

	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/llm/timing"
)

// weights say how much an error of each metric counts in a fit: times per token
// are measured best, tails of first tokens worst.
var weights = [metrics]float64{
	FirstTokenMean: 0.4, FirstToken90: 0.1, FirstToken99: 0.03, PerTokenMean: 1, PerToken50: 0.7, EndMean: 0.7, End90: 0.4,
	Throughput: 0.8, Batch: 1,
}

// Experiment is a row with its configuration.
type Experiment struct {
	Row    *Row
	Config llm.Config
}

// Data is experiments to fit to.
type Data struct {
	Experiments []Experiment
	Lengths     Lengths
	// Most is of how many requests long experiments are shortened to; 0 plays all.
	Most int
	// From is what fits hold to where the data say nothing; nil is the prior of the
	// generation.
	From *timing.Coefficients
}

// Error is the logarithm of simulated over measured.
type Error struct {
	Row        *Row
	Generation string
	Metric     Metric
	Log        float64
	// Measured and Simulated are in the metric's unit.
	Measured, Simulated float64
}

// Relative is simulated over measured, less one.
func (e *Error) Relative() float64 { return math.Exp(e.Log) - 1 }

// Errors plays all experiments with coefficients for all; nil are those of each
// one's generation.
func (d *Data) Errors(c *timing.Coefficients) []Error {
	lists := make([][]Error, len(d.Experiments))
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				lists[i] = d.errors(&d.Experiments[i], c)
			}
		})
	}
	for i := range d.Experiments {
		next <- i
	}
	close(next)
	wait.Wait()
	var all []Error
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func (d *Data) errors(x *Experiment, c *timing.Coefficients) (list []Error) {
	config := x.Config
	if c != nil {
		g := *config.Generation
		g.Coefficients = *c
		config.Generation = &g
	}
	got := x.Row.Play(config, d.Lengths, d.Most)
	for m := range metrics {
		if want := x.Row.Measured[m]; want > 0 && got[m] > 0 {
			list = append(list, Error{Row: x.Row, Generation: config.Generation.Name, Metric: m, Log: math.Log(got[m] / want),
				Measured: want, Simulated: got[m]})
		}
	}
	return list
}

// limit is what a coefficient may be at least and at most.
type limit struct{ low, high float64 }

// limits are those of timing.Coefficients in the order of list: no GPU reads
// faster than its bandwidth or calculates faster than it can.
var limits = [...]limit{
	{0.3, 1}, {0.1, 1}, {0.02, 1.6}, {0.02, 1.6}, {0.5, 300}, {0.5, 150}, {0.5, 200}, {1, 600}, {50, 20e3}, {1, 1000},
	{0.1, 50}, {0.05, 25}, {0.02, 5},
}

// sharedReads is how many times faster than its bandwidth a GPU may read keys that
// several heads share: they are in its caches.
const sharedReads = 2

// list are the coefficients as a list, to be changed.
func list(c *timing.Coefficients) [len(limits)]*float64 {
	return [...]*float64{&c.Weights, &c.Cache, &c.Arithmetic, &c.Grouped, &c.Layer, &c.Experts, &c.Reduce, &c.Launch,
		&c.Step, &c.Sequence, &c.Request, &c.Intake, &c.Paged}
}

// pull is how strongly a fit holds to where it begins: what the data say nothing
// of stays.
const pull = 0.15

// spread is the error from which on a row counts less: measurements have
// outliers, and a row that is off by a half says little of a few per cent.
const spread = 0.08

// loss is the sum of the errors, of which large ones count by their logarithm,
// and their weights in a linear step.
func loss(prior, c timing.Coefficients, errors []Error) (sum float64, scales []float64) {
	for k, v := range list(&c) {
		far := math.Log(*v / *list(&prior)[k])
		sum += pull * far * far
	}
	for _, e := range errors {
		w := weights[e.Metric]
		r := e.Log / spread
		sum += w * math.Log1p(r*r)
		scales = append(scales, math.Sqrt(w/(1+r*r)))
	}
	return sum, scales
}

// Fit finds the coefficients with the least errors, beginning with some, by the
// method of Levenberg and Marquardt on their logarithms.
func (d *Data) Fit(c timing.Coefficients, steps int, tell func(step int, loss float64)) timing.Coefficients {
	damping := 0.01
	prior := d.Experiments[0].Config.Generation.Prior()
	if d.From != nil {
		prior = *d.From
	}
	errors := d.Errors(&c)
	best, scales := loss(prior, c, errors)
	for step := range steps {
		jacobian := d.jacobian(c, errors)
		improved := false
		for range 6 {
			next := move(d.Experiments[0].Config.Generation.PerQueryHead, prior, c, jacobian, errors, scales, damping)
			changed := d.Errors(&next)
			if len(changed) == len(errors) {
				if l, s := loss(prior, next, changed); l < best {
					improved = best-l > 1e-4*best
					c, errors, best, scales = next, changed, l, s
					damping = max(damping/4, 1e-6)
					break
				}
			}
			damping *= 5
		}
		if tell != nil {
			tell(step, best)
		}
		if !improved {
			break
		}
	}
	return c
}

// jacobian is how each error changes with the logarithm of each coefficient.
func (d *Data) jacobian(c timing.Coefficients, errors []Error) [][]float64 {
	const by = 0.03
	columns := make([][]float64, len(limits))
	g := d.Experiments[0].Config.Generation
	for k := range limits {
		if !used(g, k) {
			columns[k] = make([]float64, len(errors))
			continue
		}
		other := c
		*list(&other)[k] *= 1 + by
		changed := d.Errors(&other)
		columns[k] = make([]float64, len(errors))
		if len(changed) != len(errors) {
			continue
		}
		for i := range errors {
			columns[k][i] = (changed[i].Log - errors[i].Log) / math.Log(1+by)
		}
	}
	return columns
}

// move is a damped step towards the least squares.
func move(perHead bool, prior, c timing.Coefficients, jacobian [][]float64, errors []Error, scales []float64,
	damping float64) timing.Coefficients {
	n := len(limits)
	a, b := make([][]float64, n), make([]float64, n)
	for i := range n {
		a[i] = make([]float64, n)
		for j := range n {
			for k := range errors {
				a[i][j] += scales[k] * scales[k] * jacobian[i][k] * jacobian[j][k]
			}
		}
		for k := range errors {
			b[i] -= scales[k] * scales[k] * jacobian[i][k] * errors[k].Log
		}
	}
	for i := range n {
		a[i][i] += damping*a[i][i] + 1e-3
	}
	values := list(&c)
	const each = pull * spread * spread // in the units of squared errors
	for i, from := range list(&prior) {
		a[i][i] += each
		b[i] -= each * math.Log(*values[i] / *from)
	}
	x := solve(a, b)
	for i := range n {
		high := limits[i].high
		if values[i] == &c.Cache && perHead {
			high *= sharedReads
		}
		*values[i] = min(max(*values[i]*math.Exp(min(max(x[i], -0.7), 0.7)), limits[i].low), high)
	}
	return c
}

// solve solves a·x = b of a positive definite a, by elimination.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		for j := i + 1; j < n; j++ {
			f := a[j][i] / a[i][i]
			for k := i; k < n; k++ {
				a[j][k] -= f * a[i][k]
			}
			b[j] -= f * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			b[i] -= a[i][k] * b[k]
		}
		b[i] /= a[i][i]
	}
	return b
}

// used reports whether a generation has a coefficient, of which each has at most 12.
func used(g *timing.Generation, k int) bool {
	switch coefficientNames[k].name {
	case "launch": // the host of PyTorch's kernels for each layer is always ahead
		return !g.PerQueryHead
	case "paged":
		return g.PerQueryHead
	}
	return true
}

// coefficientNames are those of the coefficients with their units, in the order of
// list.
var coefficientNames = [len(limits)]struct{ name, unit string }{
	{"weights", "part of the memory's bandwidth"}, {"cache", "part of the memory's bandwidth"},
	{"arithmetic", "part of the products' speed"}, {"grouped", "part of the products' speed"},
	{"layer", "µs"}, {"experts", "µs a layer"}, {"reduce", "µs × log2 of the GPUs"}, {"launch", "µs a layer"},
	{"step", "µs"}, {"sequence", "µs"}, {"request", "ms"}, {"intake", "ms"}, {"paged", "ns a token, layer and head"},
}
