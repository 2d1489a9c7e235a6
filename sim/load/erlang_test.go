package load

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// station is a Service with one endpoint, measured over a run.
type station struct {
	ok, failed     int64
	meanTime       float64 // in system, seconds
	meanInSystem   float64 // requests, averaged over time
	meanBusy       float64 // servers, averaged over time
	arrivedPerSec  float64
	arrived, ended int64
}

func runStation(t *testing.T, server Server, rate float64, length time.Duration, replication int) station {
	t.Helper()
	loop, streams := sim.NewLoop(), sim.NewStreams(1, replication)
	var s station
	var latency record.Histogram
	service := NewService("a/b", loop, streams, replication, sim.Time(time.Minute), func(r record.Record) {
		if w, is := r.(record.Requests); is {
			s.ok += w.OK
			for _, n := range w.Failed {
				s.failed += n
			}
			latency.Merge(&w.Latency)
		}
	})
	var last sim.Time
	inFlight, busy := 0.0, 0.0
	instance := newInstance(loop, &server, func(now sim.Time, n int, _, _ int64) {
		dt := (now - last).Seconds()
		s.meanInSystem += inFlight * dt
		s.meanBusy += busy * dt
		inFlight, busy, last = float64(n), float64(min(n, server.Concurrency)), now
	})
	instance.Open(0, nil)
	service.SetEndpoints(0, []*Instance{instance})
	horizon := sim.Time(length)
	require.NoError(t, service.Add(&Traffic{Name: "t", Rate: Constant{rate}}, horizon, streams))
	require.NoError(t, loop.RunUntil(context.Background(), horizon))
	require.NoError(t, service.Close(horizon))
	arrived, ended, left := service.Balance()
	require.Equal(t, arrived, ended+left)
	s.arrived, s.ended = arrived, ended
	s.meanTime = latency.Mean() / 1e9
	s.meanInSystem /= horizon.Seconds()
	s.meanBusy /= horizon.Seconds()
	s.arrivedPerSec = float64(arrived) / horizon.Seconds()
	return s
}

// erlangC is the probability of waiting in an M/M/c queue with a = λ/μ.
func erlangC(c int, a float64) float64 {
	term, sum := 1.0, 1.0 // a^k/k!
	for k := 1; k < c; k++ {
		term *= a / float64(k)
		sum += term
	}
	term *= a / float64(c)
	wait := term * float64(c) / (float64(c) - a)
	return wait / (sum + wait)
}

// within99 holds that a value lies in the 99 % interval of a sample's mean.
func within99(t *testing.T, want float64, sample []float64, what string) {
	t.Helper()
	mean, deviation := stat.MeanStdDev(sample, nil)
	n := float64(len(sample))
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.995) * deviation / math.Sqrt(n)
	assert.InDelta(t, want, mean, half, "%s: mean %.5f ± %.5f", what, mean, half)
	assert.Less(t, half, 0.1*want, "%s: the interval is too wide to judge", what)
}

// Times in system of M/M/c follow Erlang C, the busy servers are the offered
// load, and Little's law holds between two numbers measured apart.
func TestTimesFollowErlangC(t *testing.T) {
	const mean, rho, replications = 0.1, 0.8, 20
	for _, c := range []int{1, 2, 8} {
		lambda := rho * float64(c) / mean
		server := Server{Program: served(distribution.Exponential(mean)), Concurrency: c, Queue: -1}
		var times, busy, little []float64
		for r := range replications {
			s := runStation(t, server, lambda, 30*time.Minute, r)
			require.Zero(t, s.failed)
			times = append(times, s.meanTime)
			busy = append(busy, s.meanBusy)
			little = append(little, s.meanInSystem/(s.arrivedPerSec*s.meanTime))
		}
		a := lambda * mean
		want := mean + erlangC(c, a)/(float64(c)/mean-lambda)
		within99(t, want, times, "time in system")
		within99(t, a, busy, "busy servers")
		for _, ratio := range little {
			assert.InDelta(t, 1, ratio, 0.01, "L = λW")
		}
	}
}

// A queue of limited length loses the share of requests that M/M/1/K says.
func TestLossesFollowMM1K(t *testing.T) {
	const mean, rho, capacity, replications = 0.1, 0.9, 5, 20
	var lost []float64
	for r := range replications {
		s := runStation(t, Server{Program: served(distribution.Exponential(mean)), Concurrency: 1, Queue: capacity - 1},
			rho/mean, 30*time.Minute, r)
		lost = append(lost, float64(s.failed)/float64(s.ended))
	}
	want := (1 - rho) * math.Pow(rho, capacity) / (1 - math.Pow(rho, capacity+1))
	within99(t, want, lost, "lost")
}

// Log-normal service times follow Pollaczek and Khinchine.
func TestTimesFollowPollaczekKhinchine(t *testing.T) {
	const rho, replications = 0.6, 20
	law := distribution.LogNormalFromMedianP99(0.08, 0.3)
	var times []float64
	lambda := rho / law.Mean()
	for r := range replications {
		times = append(times, runStation(t, Server{Program: served(law), Concurrency: 1, Queue: -1}, lambda, time.Hour,
			r).meanTime)
	}
	second := math.Exp(2*law.Mu + 2*law.Sigma*law.Sigma)
	within99(t, law.Mean()+lambda*second/(2*(1-rho)), times, "time in system")
}
