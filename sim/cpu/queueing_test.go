package cpu

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/sim"
)

// queue is Poisson arrivals of tasks at one group that has the node to itself.
type queue struct {
	loop    *sim.Loop
	group   *Group
	random  *rand.Rand
	rate    float64 // per second
	draw    func(r *rand.Rand) float64
	left    int
	free    []*visit
	work    time.Duration // of all that came
	sojourn [2][]float64  // seconds, of tasks shorter and longer than the mean
	slower  [2][]float64  // sojourn over work of the same
	mean    float64
}

type visit struct {
	Task
	queue *queue
	at    sim.Time
	work  time.Duration
}

func (q *queue) Fire(now sim.Time) {
	v := &visit{queue: q}
	if n := len(q.free); n > 0 {
		v, q.free = q.free[n-1], q.free[:n-1]
	}
	v.at, v.work = now, max(1, time.Duration(q.draw(q.random)*1e9))
	q.work += v.work
	q.group.Start(now, &v.Task, v.work, v)
	if q.left--; q.left > 0 {
		q.loop.At(now+sim.Time(q.random.ExpFloat64()/q.rate*1e9), sim.PhaseRequest, q)
	}
}

func (v *visit) CPUDone(now sim.Time) {
	q, class := v.queue, 0
	if v.work.Seconds() > q.mean {
		class = 1
	}
	took := (now - v.at).Seconds()
	q.sojourn[class] = append(q.sojourn[class], took)
	q.slower[class] = append(q.slower[class], took/v.work.Seconds())
	q.free = append(q.free, v)
}

// serve runs a queue until it has served count tasks.
func serve(t *testing.T, cores, rate, mean float64, draw func(*rand.Rand) float64, count int, seed uint64) *queue {
	loop := sim.NewLoop()
	node, err := NewNode(loop, Config{Cores: cores, Phase: sim.PhaseRequest})
	require.NoError(t, err)
	group, err := node.NewGroup(ResourcesOf(100, 0, 0))
	require.NoError(t, err)
	q := &queue{loop: loop, group: group, random: rand.New(rand.NewPCG(seed, 5)), rate: rate, draw: draw, left: count,
		mean: mean}
	loop.At(0, sim.PhaseRequest, q)
	require.NoError(t, loop.RunUntil(context.Background(), 1e6*sim.Time(time.Second)))
	require.Zero(t, group.Tasks())
	used := group.Stats(loop.Now()).Used
	require.Equal(t, used, node.Used(loop.Now()))
	require.GreaterOrEqual(t, used, q.work-1)
	require.LessOrEqual(t, used, q.work+dur(int64(count)), "a task's last nanosecond runs whole")
	return q
}

// agree holds that the mean of the replications is within four standard errors
// of theory, and that these are small enough to mean something.
func agree(t *testing.T, theory float64, replications []float64) {
	t.Helper()
	mean, deviation := stat.MeanStdDev(replications, nil)
	e := stat.StdErr(deviation, float64(len(replications)))
	require.Less(t, e, 0.02*theory)
	require.InDelta(t, theory, mean, 4*e+1e-9)
}

const meanWork = 0.010 // seconds

// works are distributions with the same mean and squared coefficients of
// variation of 1, 0, 1/3 and 4.
var works = map[string]func(r *rand.Rand) float64{
	"exponential":   func(r *rand.Rand) float64 { return r.ExpFloat64() * meanWork },
	"deterministic": func(*rand.Rand) float64 { return meanWork },
	"uniform":       func(r *rand.Rand) float64 { return 2 * meanWork * r.Float64() },
	"hyperexponential": func(r *rand.Rand) float64 {
		if p := (1 + math.Sqrt(0.6)) / 2; r.Float64() < p {
			return r.ExpFloat64() * meanWork / (2 * p)
		} else {
			return r.ExpFloat64() * meanWork / (2 * (1 - p))
		}
	},
}

// Kleinrock, Queueing Systems II, section 4.4: in M/G/1 processor sharing the
// mean sojourn is 1/(μ−λ) whatever the distribution of the work, and a task of
// work x takes x/(1−ρ) on average, be it short or long.
func TestOneCoreIsMG1ProcessorSharing(t *testing.T) {
	const load = 0.7
	for name, draw := range works {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all, short, long []float64
			for seed := range uint64(24) {
				q := serve(t, 1, load/meanWork, meanWork, draw, 20_000, seed)
				all = append(all, stat.Mean(append(q.sojourn[0], q.sojourn[1]...), nil))
				short = append(short, stat.Mean(q.slower[0], nil))
				if len(q.slower[1]) > 0 {
					long = append(long, stat.Mean(q.slower[1], nil))
				}
			}
			agree(t, meanWork/(1-load), all)
			agree(t, 1/(1-load), short)
			if long != nil {
				agree(t, 1/(1-load), long)
			}
		})
	}
}

// With c cores and at most one per task the number of tasks has the law of
// M/M/c, again whatever the distribution of the work (Cohen 1979, The multiple
// phase service network with generalized processor sharing): the mean sojourn
// is 1/μ + C(c, λ/μ)/(cμ−λ) with Erlang's C.
func TestManyCoresHaveTheSojournOfErlangC(t *testing.T) {
	const cores, load = 4, 0.8
	offered := load * cores
	term, sum := 1.0, 0.0
	for k := range cores {
		sum += term
		term *= offered / float64(k+1)
	}
	waits := term / (1 - load) / (sum + term/(1-load))
	theory := meanWork + waits*meanWork/(cores*(1-load))
	for name, draw := range works {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []float64
			for seed := range uint64(24) {
				q := serve(t, cores, offered/meanWork, meanWork, draw, 20_000, 100+seed)
				all = append(all, stat.Mean(append(q.sojourn[0], q.sojourn[1]...), nil))
			}
			agree(t, theory, all)
		})
	}
}
