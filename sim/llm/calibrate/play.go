package calibrate

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm"
)

// Lengths are the tokens of prompts and answers that requests with the law
// "sharegpt" have, before they are scaled to the means of an experiment.
type Lengths [][2]float64

// request is one of an experiment.
type request struct {
	llm.Sequence
	run             *played
	at, first, done sim.Time
}

// FirstToken implements llm.Done.
func (r *request) FirstToken(now sim.Time) { r.first = now }

// Finished implements llm.Done.
func (r *request) Finished(now sim.Time) {
	r.done = now
	r.run.finished = append(r.run.finished, r)
	if r.run.again != nil {
		r.run.again(now)
	}
}

// played is an experiment under way.
type played struct {
	row      *Row
	lengths  Lengths
	random   *rand.Rand
	loop     *sim.Loop
	engine   *llm.Engine
	prefix   []llm.Part
	finished []*request
	sent     int
	again    func(sim.Time) // of a user whose request is answered
	full     sim.Time       // when so many were sent that no more are; 0 is not yet
	failed   bool
}

// Play simulates an experiment with a configuration, and returns what is
// measured of it, 0 where it is not. Of long ones it plays a part of so many
// requests, at least; 0 plays all.
func (r *Row) Play(c llm.Config, lengths Lengths, most int) (got [metrics]float64) {
	rounds := 1
	if r.Arrival == "poisson" {
		rounds = 3
	}
	for round := range rounds {
		one := r.play(c, lengths, most, uint64(round))
		for m := range got {
			got[m] += one[m] / float64(rounds)
		}
	}
	return got
}

func (r *Row) play(c llm.Config, lengths Lengths, most int, seed uint64) (got [metrics]float64) {
	p := &played{row: r, lengths: lengths, random: rand.New(rand.NewPCG(seed, 1)), loop: sim.NewLoop()}
	var err error
	if p.engine, err = llm.NewEngine(p.loop, sim.PhaseRequest, c); err != nil {
		return got
	}
	if most > 0 {
		most = bounded(most, r.Input/float64(max(1, c.MaxBatchedTokens)))
	}
	until := sim.Never - 1
	switch r.Arrival {
	case "static", "burst":
		n := r.Requests
		if most > 0 {
			n = min(n, max(most, 3000))
		}
		for range n {
			p.send(0)
		}
	case "poisson":
		at := 0.0
		n := r.Requests
		if most > 0 {
			n = min(n, most)
		}
		for range n {
			t := sim.Time(at * 1e9)
			p.loop.At(t, sim.PhaseTimeline, sim.Func(p.send))
			at += p.random.ExpFloat64() / r.Rates[0]
		}
	case "paced":
		until = p.pace(most)
	case "closed":
		until = p.close(most)
	}
	if err := p.loop.RunUntil(context.Background(), until); err != nil {
		panic(err)
	}
	if p.failed || len(p.finished) == 0 {
		return got
	}
	if p.full > 0 {
		until = p.full
		p.finished = slices.DeleteFunc(p.finished, func(q *request) bool { return q.done > until })
	}
	return p.measure(until)
}

// bounded is of how many requests an experiment is shortened to whose prompts take
// so many iterations each.
func bounded(most int, chunks float64) int {
	const many = 8
	return int(max(50, float64(most)/max(1, chunks/many)))
}

// close starts users who send their next request when the last is answered, and
// returns when that is over.
func (p *played) close(most int) sim.Time {
	p.again = func(now sim.Time) {
		if most > 0 && p.sent >= 20*max(most, p.row.Users) {
			if p.full == 0 {
				p.full = now
			}
			return
		}
		p.loop.At(now+1e6, sim.PhaseTimeline, sim.Func(p.send))
	}
	for range p.row.Users {
		p.send(0)
	}
	seconds := max(300, min(3600, 20*p.row.Output*.05))
	if most > 0 {
		seconds = min(seconds, 200)
	}
	return sim.Time(seconds * 1e9)
}

// pace sends requests at even gaps, one rate after the other, and returns when
// that is over.
func (p *played) pace(most int) sim.Time {
	r := p.row
	if r.Distinct > 0 && r.Distinct*10 < r.Requests { // the same prompts again and again
		p.prefix = []llm.Part{{ID: 1, Tokens: int32(r.Input-1) / llm.BlockSize * llm.BlockSize}}
	}
	if p.prefix == nil && r.Shared > 0 {
		p.prefix = []llm.Part{{ID: 1, Tokens: int32(r.Shared)}}
	}
	part, all := 1.0, 0.0
	for i, rate := range r.Rates {
		all += rate * r.Seconds[i]
	}
	if most > 0 {
		part = min(1, float64(most)/max(1, all))
	}
	at := 0.0
	for i, rate := range r.Rates {
		end := at + r.Seconds[i]*part
		for ; at < end; at += 1 / rate {
			p.loop.At(sim.Time(at*1e9), sim.PhaseTimeline, sim.Func(p.send))
		}
	}
	return sim.Time(at * 1e9)
}

// send brings the next request.
func (p *played) send(now sim.Time) {
	r, q := p.row, &request{run: p, at: now}
	input, output := r.Input, r.Output
	switch {
	case r.Lengths == "sharegpt" && p.again == nil && len(p.lengths) > 0:
		in, out := p.lengths.means(max(r.Requests, 1))
		l := p.lengths[p.sent%len(p.lengths)]
		input, output = l[0]*r.Input/in, l[1]*r.Output/out
	case r.Lengths == "sharegpt":
		input, output = p.lognormal(input, 1.1*input), p.lognormal(output, 1.1*output)
	case r.Lengths == "lognormal":
		top := math.Inf(1)
		if r.MaxModelLen > 0 {
			top = .95 * float64(r.MaxModelLen)
		}
		output = p.lognormal(output, r.OutSD)
		input = min(p.lognormal(input, r.InputSD), top-output)
	}
	p.sent++
	q.Input, q.Output, q.Done, q.Prefix = int32(max(1, math.Round(input))), int32(max(1, math.Round(output))), q, p.prefix
	if err := p.engine.Submit(now, &q.Sequence); err != nil {
		p.failed = true
	}
}

func (p *played) lognormal(mean, sd float64) float64 {
	if mean <= 0 {
		return 1
	}
	sigma := math.Sqrt(math.Log(1 + sd*sd/mean/mean))
	return mean * math.Exp(sigma*p.random.NormFloat64()-sigma*sigma/2)
}

// means are those of the first n lengths, which repeat.
func (l Lengths) means(n int) (in, out float64) {
	for i := range n {
		in += l[i%len(l)][0] / float64(n)
		out += l[i%len(l)][1] / float64(n)
	}
	return in, out
}

// measure sums up.
func (p *played) measure(until sim.Time) (got [metrics]float64) {
	var first, per, end []float64
	last := sim.Time(0)
	for _, q := range p.finished {
		first = append(first, float64(q.first-q.at)/1e6)
		end = append(end, float64(q.done-q.at)/1e6)
		if q.Output > 1 {
			per = append(per, float64(q.done-q.first)/1e6/float64(q.Output-1))
		}
		last = max(last, q.done)
	}
	got[FirstTokenMean], got[FirstToken90], got[FirstToken99] = mean(first), quantile(first, .9), quantile(first, .99)
	got[EndMean], got[End90] = mean(end), quantile(end, .9)
	if len(per) > 0 {
		got[PerTokenMean], got[PerToken50] = mean(per), quantile(per, .5)
	}
	switch p.row.Arrival {
	case "static":
		got[Batch] = float64(last) / 1e9
	case "burst":
		got[Throughput] = float64(len(p.finished)) * p.row.Output / (float64(last) / 1e9)
	case "closed":
		got[Throughput] = float64(len(p.finished)) * p.row.Output / (float64(until) / 1e9)
	}
	return got
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}

// quantile sorts the values.
func quantile(values []float64, p float64) float64 {
	slices.Sort(values)
	k := p * float64(len(values)-1)
	low := int(k)
	high := min(low+1, len(values)-1)
	return values[low] + (values[high]-values[low])*(k-float64(low))
}
